import type { SealedDatabase } from '../../../node/secrets/index.ts';
import type { VaultRecord } from '../../../node/vaults/index.ts';
import type { Result } from '../../output/output.ts';
import type { Style } from '../../output/style.ts';

/** A vault on some lines. */
export function vaultLines({ name, path }: VaultRecord, style: Style): string[] {
  return [
    'Vault:',
    `  Name: ${style.primary(name)}`,
    `  Type: ${path === undefined ? 'Internal' : 'External'}`,
    ...(path === undefined ? [] : [`  Path: ${path}`]),
  ];
}

/** A vault in JSON (`commands.md` §8.6). */
export function vaultJson({ name, path, isDefault }: VaultRecord): unknown {
  const use_aws_kms = 'No';
  const vault_type =
    path === undefined ? { DatabaseVault: { use_aws_kms } } : { LocalFileVault: { path, use_aws_kms } };
  return { vault: { is_default: isDefault, name, vault_type } };
}

/** What became of the secret keys of each database (`commands.md` §8.6). */
export function sealingReport(style: Style, databases: readonly SealedDatabase[]): Result {
  return {
    plain: databases.map(({ path, outcome }) => `  ${style.success('✔')} ${path}: ${OUTCOMES[outcome]}`).join('\n'),
    json: databases.map(({ path, outcome }) => ({ outcome, path })),
  };
}

const OUTCOMES: Readonly<Record<SealedDatabase['outcome'], string>> = {
  sealed: 'the secret keys are sealed now',
  changed: 'the secret keys are sealed by the new key now',
  kept: 'the secret keys were sealed by this key already',
  unsealed: 'the secret keys are plain now',
  plain: 'the secret keys were plain already',
};
