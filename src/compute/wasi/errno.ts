/** Error numbers of WASI preview 1, and what the errors of the system become. */

/** The numbers that the host answers with; `success` is none. */
export const Errno = {
  success: 0,
  acces: 2,
  badf: 8,
  busy: 10,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  mlink: 34,
  nametoolong: 37,
  nfile: 41,
  noent: 44,
  nomem: 48,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsup: 58,
  overflow: 61,
  perm: 63,
  rofs: 69,
  spipe: 70,
  txtbsy: 74,
  xdev: 75,
  notcapable: 76,
} as const;

/** One of {@link Errno}. */
export type ErrnoValue = (typeof Errno)[keyof typeof Errno];

const BY_CODE: ReadonlyMap<string, ErrnoValue> = new Map([
  ['EACCES', Errno.acces],
  ['EBADF', Errno.badf],
  ['EBUSY', Errno.busy],
  ['EDQUOT', Errno.dquot],
  ['EEXIST', Errno.exist],
  ['EFBIG', Errno.fbig],
  ['EILSEQ', Errno.ilseq],
  ['EINVAL', Errno.inval],
  ['EIO', Errno.io],
  ['EISDIR', Errno.isdir],
  ['ELOOP', Errno.loop],
  ['EMFILE', Errno.nfile],
  ['EMLINK', Errno.mlink],
  ['ENAMETOOLONG', Errno.nametoolong],
  ['ENFILE', Errno.nfile],
  ['ENOENT', Errno.noent],
  ['ENOMEM', Errno.nomem],
  ['ENOSPC', Errno.nospc],
  ['ENOSYS', Errno.nosys],
  ['ENOTDIR', Errno.notdir],
  ['ENOTEMPTY', Errno.notempty],
  ['ENOTSUP', Errno.notsup],
  ['EOPNOTSUPP', Errno.notsup],
  ['EOVERFLOW', Errno.overflow],
  ['EPERM', Errno.perm],
  ['EROFS', Errno.rofs],
  ['ESPIPE', Errno.spipe],
  ['ETXTBSY', Errno.txtbsy],
  ['EXDEV', Errno.xdev],
]);

/** Why the host does not do what a guest asks; the guest learns the number and nothing else. */
export class WasiFault extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

/** The number of a {@link WasiFault} or an error of the system; undefined for every other error, which is a defect. */
export function errnoOf(error: unknown): number | undefined {
  if (error instanceof WasiFault) return error.errno;
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  return BY_CODE.get(String(error.code)) ?? Errno.io;
}
