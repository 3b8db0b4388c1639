/** Rights, types and flags of descriptors, as preview 1 numbers them. */

/** What a descriptor may be used for, one bit each. */
export const Right = {
  fdDatasync: 0x1n,
  fdRead: 0x2n,
  fdSeek: 0x4n,
  fdFdstatSetFlags: 0x8n,
  fdSync: 0x10n,
  fdTell: 0x20n,
  fdWrite: 0x40n,
  fdAdvise: 0x80n,
  fdAllocate: 0x100n,
  pathCreateDirectory: 0x200n,
  pathCreateFile: 0x400n,
  pathLinkSource: 0x800n,
  pathLinkTarget: 0x1000n,
  pathOpen: 0x2000n,
  fdReaddir: 0x4000n,
  pathReadlink: 0x8000n,
  pathRenameSource: 0x10000n,
  pathRenameTarget: 0x20000n,
  pathFilestatGet: 0x40000n,
  pathFilestatSetSize: 0x80000n,
  pathFilestatSetTimes: 0x100000n,
  fdFilestatGet: 0x200000n,
  fdFilestatSetSize: 0x400000n,
  fdFilestatSetTimes: 0x800000n,
  pathSymlink: 0x1000000n,
  pathRemoveDirectory: 0x2000000n,
  pathUnlinkFile: 0x4000000n,
  pollFdReadwrite: 0x8000000n,
} as const;

/** Rights that change something; a read-only directory and what is opened in it have none of them. */
export const CHANGING_RIGHTS: bigint =
  Right.fdDatasync |
  Right.fdWrite |
  Right.fdAllocate |
  Right.pathCreateDirectory |
  Right.pathCreateFile |
  Right.pathLinkSource |
  Right.pathLinkTarget |
  Right.pathRenameSource |
  Right.pathRenameTarget |
  Right.pathFilestatSetSize |
  Right.pathFilestatSetTimes |
  Right.fdFilestatSetSize |
  Right.fdFilestatSetTimes |
  Right.pathSymlink |
  Right.pathRemoveDirectory |
  Right.pathUnlinkFile;

/** Rights that mean something for a regular file. */
export const FILE_RIGHTS: bigint =
  Right.fdDatasync |
  Right.fdRead |
  Right.fdSeek |
  Right.fdFdstatSetFlags |
  Right.fdSync |
  Right.fdTell |
  Right.fdWrite |
  Right.fdAdvise |
  Right.fdAllocate |
  Right.fdFilestatGet |
  Right.fdFilestatSetSize |
  Right.fdFilestatSetTimes |
  Right.pollFdReadwrite;

/** Rights that mean something for a directory. */
export const DIRECTORY_RIGHTS: bigint =
  Right.fdFdstatSetFlags |
  Right.fdSync |
  Right.pathCreateDirectory |
  Right.pathCreateFile |
  Right.pathLinkSource |
  Right.pathLinkTarget |
  Right.pathOpen |
  Right.fdReaddir |
  Right.pathReadlink |
  Right.pathRenameSource |
  Right.pathRenameTarget |
  Right.pathFilestatGet |
  Right.pathFilestatSetSize |
  Right.pathFilestatSetTimes |
  Right.fdFilestatGet |
  Right.fdFilestatSetTimes |
  Right.pathSymlink |
  Right.pathRemoveDirectory |
  Right.pathUnlinkFile |
  Right.pollFdReadwrite;

/** Rights of standard input. */
export const INPUT_RIGHTS: bigint = Right.fdRead | Right.fdFdstatSetFlags | Right.fdFilestatGet | Right.pollFdReadwrite;
/** Rights of standard output and standard error. */
export const OUTPUT_RIGHTS: bigint =
  Right.fdWrite | Right.fdFdstatSetFlags | Right.fdFilestatGet | Right.pollFdReadwrite;

/** What a descriptor or a directory entry is. */
export const FileType = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const;

/** Flags of a descriptor (`fdflags`). */
export const FdFlag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
/** All of {@link FdFlag}. */
export const ALL_FD_FLAGS = 31;

/** Flags of `path_open` (`oflags`). */
export const OpenFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
/** All of {@link OpenFlag}. */
export const ALL_OPEN_FLAGS = 15;

/** The only one of the `lookupflags`. */
export const SYMLINK_FOLLOW = 1;

/** Which times to set, and to what (`fstflags`). */
export const TimeFlag = { access: 1, accessNow: 2, modification: 4, modificationNow: 8 } as const;
