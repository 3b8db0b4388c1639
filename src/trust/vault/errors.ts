import { CodedError } from '../../kernel/index.ts';

/** Why a vault did not do what it was asked. */
export class VaultError extends CodedError<
  | 'VAULT_UNKNOWN_KEY'
  | 'VAULT_WRONG_KEY_TYPE'
  | 'VAULT_KEY_AGREEMENT_FAILED'
  | 'VAULT_FULL'
  | 'VAULT_RECORD_CORRUPT'
  | 'VAULT_WRAPPING_KEY_MISSING'
> {}
