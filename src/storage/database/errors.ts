import { CodedError, quoted } from '../../kernel/errors/index.ts';

/** Why the database cannot be opened, read or written. Nothing that was committed before is lost by any of these. */
export class StorageError extends CodedError<
  | 'STORAGE_CANNOT_OPEN'
  | 'STORAGE_FROM_FUTURE'
  | 'STORAGE_FOREIGN'
  | 'STORAGE_CORRUPT'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_FULL'
  | 'STORAGE_BUSY'
  | 'STORAGE_FAILED'
  | 'STORAGE_CLOSED'
  | 'STORAGE_KEY_MISSING'
  | 'STORAGE_WRONG_KEY'
  | 'STORAGE_INVALID_KEY'
> {}

/** What can be done about a database that is damaged. */
export const DAMAGED_REMEDY = 'keep the file, and restore a backup or begin anew with another home';

/** `SQLITE_IOERR_SHMSIZE`: the index beside the log did not get the room it needs. */
const NO_ROOM_FOR_INDEX = 4874;
const FULL = 13;

/** Primary result codes of SQLite (sqlite.org/rescode.html) that have a code and a remedy of their own. */
const CAUSES = new Map<number, readonly [StorageError['code'], string, string]>([
  [5, ['STORAGE_BUSY', 'is in use by other processes', 'try again; if it stays, look for a process that hangs']],
  [6, ['STORAGE_BUSY', 'is in use by other processes', 'try again; if it stays, look for a process that hangs']],
  [8, ['STORAGE_READ_ONLY', 'cannot be written to', 'check the owner and the permissions of the file and its folder']],
  [10, ['STORAGE_FAILED', 'could not be read or written', 'check the disk']],
  [11, ['STORAGE_CORRUPT', 'is damaged', DAMAGED_REMEDY]],
  [FULL, ['STORAGE_FULL', 'has no room on its disk', 'make room on the disk; nothing that was stored before is lost']],
  [14, ['STORAGE_CANNOT_OPEN', 'cannot be opened', 'check that the folder exists and may be written to']],
  [26, ['STORAGE_CORRUPT', 'is no database', DAMAGED_REMEDY]],
]);

/** What `cause`, raised while the database at `path` was used, means. */
export function storageError(path: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const { errcode, code, message } = factsOf(cause);
  const shown = `the database ${quoted(path)}`;
  if (code === 'ERR_INVALID_STATE') return new StorageError('STORAGE_CLOSED', `${shown} is closed`, { cause });
  const known = errcode === undefined ? undefined : CAUSES.get(errcode === NO_ROOM_FOR_INDEX ? FULL : errcode & 0xff);
  if (known === undefined) return new StorageError('STORAGE_FAILED', `${shown} failed: ${message}`, { cause });
  const [meaning, words, remedy] = known;
  return new StorageError(meaning, `${shown} ${words}: ${message}`, { cause, remedy });
}

function factsOf(cause: unknown): { errcode: number | undefined; code: unknown; message: string } {
  if (!(cause instanceof Error)) return { errcode: undefined, code: undefined, message: String(cause) };
  const { errcode, code } = cause as { errcode?: unknown; code?: unknown };
  return { errcode: typeof errcode === 'number' ? errcode : undefined, code, message: cause.message };
}
