/** Descriptors and paths as the functions take them, with what they may be used for. */
import type { WasiContext } from './call.ts';
import type { Descriptor, DirectoryDescriptor, FileDescriptor } from './descriptors.ts';
import { Errno, WasiFault } from './errno.ts';
import type { TimeChange } from './operation.ts';
import { MAX_PATH_BYTES, pathText } from './path-text.ts';
import { CHANGING_RIGHTS, TimeFlag } from './rights.ts';

/** @throws {WasiFault} badf; notcapable unless it has `right` */
export function descriptorWith(context: WasiContext, number: number, right: bigint): Descriptor {
  const descriptor = context.call().descriptors.get(number);
  if ((descriptor.rights & right) === right) return descriptor;
  const readOnly = descriptor.kind === 'directory' && !descriptor.writable && (right & CHANGING_RIGHTS) !== 0n;
  throw new WasiFault(readOnly ? Errno.rofs : Errno.notcapable);
}

/** @throws {WasiFault} badf, notcapable; spipe for a stream, isdir for a directory */
export function fileWith(context: WasiContext, number: number, right: bigint): FileDescriptor {
  const descriptor = context.call().descriptors.get(number);
  if (descriptor.kind === 'stream') throw new WasiFault(Errno.spipe);
  if (descriptor.kind === 'directory') throw new WasiFault(Errno.isdir);
  if ((descriptor.rights & right) !== right) throw new WasiFault(Errno.notcapable);
  return descriptor;
}

/** @throws {WasiFault} badf, notdir; rofs or notcapable unless it has `right` */
export function directoryWith(context: WasiContext, number: number, right: bigint): DirectoryDescriptor {
  if (context.call().descriptors.get(number).kind !== 'directory') throw new WasiFault(Errno.notdir);
  return descriptorWith(context, number, right) as DirectoryDescriptor;
}

/**
 * The path at `pointer`.
 * @throws {WasiFault} fault; nametoolong; ilseq unless it is UTF-8; inval for a NUL; noent for none; notcapable for an absolute one
 */
export function readPath(context: WasiContext, pointer: number, length: number): string {
  const path = readText(context, pointer, length);
  if (path === '') throw new WasiFault(Errno.noent);
  if (path.startsWith('/')) throw new WasiFault(Errno.notcapable);
  return path;
}

/** As {@link readPath}, for the text of a link. */
export function readText(context: WasiContext, pointer: number, length: number): string {
  if (length >>> 0 > MAX_PATH_BYTES) throw new WasiFault(Errno.nametoolong);
  const bytes = context.memory.copy(pointer, length);
  if (bytes === undefined) throw new WasiFault(Errno.fault);
  const text = pathText(bytes);
  if (text.includes('\0')) throw new WasiFault(Errno.inval);
  return text;
}

/** What is to become of both times. @throws {WasiFault} inval for flags that contradict each other */
export function readTimes(
  access: bigint,
  modification: bigint,
  flags: number,
): { access: TimeChange; modification: TimeChange } {
  const change = (time: bigint, set: number, now: number): TimeChange => {
    if ((flags & (set | now)) === (set | now)) throw new WasiFault(Errno.inval);
    if ((flags & now) !== 0) return 'now';
    return (flags & set) === 0 ? 'keep' : BigInt.asUintN(64, time);
  };
  if (flags >>> 0 > 15) throw new WasiFault(Errno.inval);
  return {
    access: change(access, TimeFlag.access, TimeFlag.accessNow),
    modification: change(modification, TimeFlag.modification, TimeFlag.modificationNow),
  };
}

/** An offset or size as a number. @throws {WasiFault} `tooLarge` beyond what a file can have */
export function readOffset(value: bigint, tooLarge: number = Errno.fbig): number {
  const offset = Number(BigInt.asUintN(64, value));
  if (!Number.isSafeInteger(offset)) throw new WasiFault(tooLarge);
  return offset;
}
