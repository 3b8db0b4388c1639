import { CodedError } from '../../kernel/index.ts';

/** Codes of `compute/database`. None of their texts holds a value, a password or a word that a server chose. */
export type DatabaseErrorCode =
  | 'DATABASE_BUSY'
  | 'DATABASE_CLOSED'
  | 'DATABASE_CONNECTION_STRING'
  | 'DATABASE_DRIVER_MISSING'
  | 'DATABASE_LOGIN_FAILED'
  | 'DATABASE_LOST'
  | 'DATABASE_STATEMENT_FAILED'
  | 'DATABASE_TLS'
  | 'DATABASE_TOO_LARGE';

/** Raised by this folder. */
export class DatabaseError extends CodedError<DatabaseErrorCode> {}
