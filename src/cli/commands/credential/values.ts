import { type Command, Option } from 'commander';
import type { CredentialAndPurposeKey } from '../../../trust/credential/index.ts';
import { fromUtf8 } from '../../../kernel/bytes/index.ts';
import { CliError } from '../../errors.ts';
import { readBytes } from '../../arguments/read-file.ts';

/** Where commands get a credential from. */
export type CredentialSource = { readonly credential?: string; readonly credentialPath?: string };

/** Declares the options. */
export function credentialOptions(leaf: Command): Command {
  return leaf
    .addOption(new Option('--credential <HEX>', 'the credential').conflicts('credentialPath'))
    .option('--credential-path <FILE>', 'file with the credential');
}

/**
 * The credential that was given, or the one in the file that was.
 * @throws {CliError} CLI_NOT_FOUND, CLI_FAILED when neither is given · {CredentialError} CREDENTIAL_DECODE_FAILED, CREDENTIAL_TOO_LONG
 */
export async function givenCredential({
  credential,
  credentialPath,
}: CredentialSource): Promise<CredentialAndPurposeKey> {
  const { credentialFromHex } = await import('../../../trust/credential/index.ts');
  if (credential !== undefined) return credentialFromHex(credential.trim());
  if (credentialPath !== undefined) return credentialFromHex(fromUtf8(await readBytes(credentialPath)).trim());
  throw new CliError('CLI_FAILED', 'Credential or path to it is required');
}
