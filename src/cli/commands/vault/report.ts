import type { VaultRecord } from '../../../node/vaults/index.ts';
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
