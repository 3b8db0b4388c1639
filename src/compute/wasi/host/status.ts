import type { BigIntStats } from 'node:fs';
import type { FileStatus } from '../operation.ts';
import { FileType } from '../rights.ts';

/** What the system knows of a file, in the terms of preview 1. */
export function statusOf(stats: BigIntStats): FileStatus {
  return {
    device: BigInt.asUintN(64, stats.dev),
    inode: BigInt.asUintN(64, stats.ino),
    type: typeOf(stats),
    links: stats.nlink,
    size: stats.size,
    accessed: BigInt.asUintN(64, stats.atimeNs),
    modified: BigInt.asUintN(64, stats.mtimeNs),
    changed: BigInt.asUintN(64, stats.ctimeNs),
  };
}

function typeOf(stats: BigIntStats): number {
  if (stats.isFile()) return FileType.regularFile;
  if (stats.isDirectory()) return FileType.directory;
  if (stats.isSymbolicLink()) return FileType.symbolicLink;
  if (stats.isCharacterDevice()) return FileType.characterDevice;
  if (stats.isBlockDevice()) return FileType.blockDevice;
  if (stats.isSocket()) return FileType.socketStream;
  return FileType.unknown;
}
