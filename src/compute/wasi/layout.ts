/** How preview 1, and the snapshot before it, lay out what the host writes into a guest's memory; all little-endian. */
import type { DirectoryEntry, FileStatus } from './operation.ts';

/** Bytes of an `fdstat`. */
export const FDSTAT_BYTES = 24;
/** Bytes of a `prestat`. */
export const PRESTAT_BYTES = 8;
/** Bytes of an `event`. */
export const EVENT_BYTES = 32;
/** Bytes of a `dirent`, its name aside. */
export const DIRENT_BYTES = 24;

/** Bytes of a `filestat`: the number of links had half of its width in snapshot 0. */
export function filestatBytes(snapshot: 0 | 1): number {
  return snapshot === 1 ? 64 : 56;
}

/** A `filestat`. */
export function encodeFilestat(status: FileStatus, snapshot: 0 | 1): Uint8Array {
  const bytes = new Uint8Array(filestatBytes(snapshot));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, status.device, true);
  view.setBigUint64(8, status.inode, true);
  view.setUint8(16, status.type);
  if (snapshot === 1) view.setBigUint64(24, status.links, true);
  else view.setUint32(20, Number(BigInt.asUintN(32, status.links)), true);
  const size = snapshot === 1 ? 32 : 24;
  view.setBigUint64(size, status.size, true);
  view.setBigUint64(size + 8, status.accessed, true);
  view.setBigUint64(size + 16, status.modified, true);
  view.setBigUint64(size + 24, status.changed, true);
  return bytes;
}

/** An `fdstat`. */
export function encodeFdstat(type: number, flags: number, rights: bigint, inheriting: bigint): Uint8Array {
  const bytes = new Uint8Array(FDSTAT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint16(2, flags, true);
  view.setBigUint64(8, rights, true);
  view.setBigUint64(16, inheriting, true);
  return bytes;
}

/** A `dirent` with its name; `next` is the cookie of the entry after it. */
export function encodeDirent({ inode, type, name }: DirectoryEntry, next: bigint): Uint8Array {
  const bytes = new Uint8Array(DIRENT_BYTES + name.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, next, true);
  view.setBigUint64(8, inode, true);
  view.setUint32(16, name.length, true);
  view.setUint8(20, type);
  bytes.set(name, DIRENT_BYTES);
  return bytes;
}

/** An `event` of {@link encodeEvent}. */
export interface WasiEvent {
  readonly userData: bigint;
  readonly errno: number;
  readonly type: number;
  readonly bytes?: number;
  readonly hangUp?: boolean;
}

/** An `event`. */
export function encodeEvent({ userData, errno, type, bytes, hangUp }: WasiEvent): Uint8Array {
  const encoded = new Uint8Array(EVENT_BYTES);
  const view = new DataView(encoded.buffer);
  view.setBigUint64(0, userData, true);
  view.setUint16(8, errno, true);
  view.setUint8(10, type);
  view.setBigUint64(16, BigInt(bytes ?? 0), true);
  view.setUint16(24, hangUp === true ? 1 : 0, true);
  return encoded;
}
