/** What is done with a file or directory that is open. */
import { constants } from 'node:fs';
import { type FileHandle, open, utimes } from 'node:fs/promises';
import { Errno, WasiFault } from '../errno.ts';
import { type FileOperation, MAX_TRANSFER_BYTES, type TimeChange } from '../operation.ts';
import { FileType } from '../rights.ts';
import type { Handles, OpenHandle } from './handles.ts';
import { reopen } from './open-path.ts';
import { itself } from './walk.ts';
import type { WriteAllowance } from './write-allowance.ts';

type Operation<K extends FileOperation['operation']> = Extract<FileOperation, { operation: K }>;

/** Up to `length` bytes from `position` on; none at the end of the file. */
export async function readFile(handles: Handles, operation: Operation<'read'>): Promise<Uint8Array> {
  const { position, length } = operation;
  const handle = await handles.file(operation.handle);
  if (!handle.read) throw new WasiFault(Errno.notcapable);
  checkOffset(position);
  const bytes = new Uint8Array(Math.min(length, MAX_TRANSFER_BYTES));
  const { bytesRead } = await handle.file.read(bytes, 0, bytes.length, position);
  return bytes.subarray(0, bytesRead);
}

/** Writes at `position`, or at the end; returns how many bytes were written. */
export async function writeFile(
  handles: Handles,
  allowance: WriteAllowance,
  operation: Operation<'write'>,
): Promise<number> {
  const { bytes, position } = operation;
  const handle = await writable(handles, operation.handle);
  if (bytes.length > MAX_TRANSFER_BYTES) throw new WasiFault(Errno.inval);
  if (position !== undefined) checkOffset(position + bytes.length);
  allowance.take(bytes.length);
  const { bytesWritten } = await handle.file.write(bytes, 0, bytes.length, position ?? null);
  return bytesWritten;
}

/** Cuts the file off or extends it with zeros. */
export async function setFileSize(
  handles: Handles,
  allowance: WriteAllowance,
  operation: Operation<'setSize'>,
): Promise<void> {
  const handle = await writable(handles, operation.handle);
  checkOffset(operation.size);
  const { size } = await handle.file.stat();
  if (operation.size > size) allowance.take(operation.size - size);
  await handle.file.truncate(operation.size);
}

/** See `fd_filestat_set_times`. */
export async function setFileTimes(handles: Handles, operation: Operation<'setTimes'>): Promise<void> {
  const handle = await handles.get(operation.handle);
  if (!handle.changeable) throw new WasiFault(Errno.rofs);
  const { accessed, modified } = await newTimes(handle.file, operation);
  if (handle.type === FileType.directory) await utimes(itself(handle.file), accessed, modified);
  else await handle.file.utimes(accessed, modified);
}

/** See `fd_fdstat_set_flags`. */
export async function setFileFlags(handles: Handles, operation: Operation<'setFlags'>): Promise<void> {
  await reopen(await handles.file(operation.handle), operation.flags);
}

/** Waits until the file, or the directory's names, are on the disk. */
export async function syncFile(handles: Handles, operation: Operation<'sync'>): Promise<void> {
  const handle = await handles.get(operation.handle);
  if (handle.type === FileType.directory) {
    // What a walk holds of a directory is not open in the sense that `fsync` needs.
    await using opened = await open(itself(handle.file), constants.O_RDONLY | constants.O_DIRECTORY);
    await opened.sync();
  } else if (operation.dataOnly) await handle.file.datasync();
  else await handle.file.sync();
}

/** The times that are to be set, seconds since the epoch; those to be kept are what `file` has. */
export async function newTimes(
  file: Pick<FileHandle, 'stat'>,
  times: { readonly access: TimeChange; readonly modification: TimeChange },
): Promise<{ accessed: number; modified: number }> {
  const stats = await file.stat();
  const seconds = (change: TimeChange, keptMs: number): number =>
    change === 'keep' ? keptMs / 1000 : change === 'now' ? Date.now() / 1000 : Number(change) / 1e9;
  return { accessed: seconds(times.access, stats.atimeMs), modified: seconds(times.modification, stats.mtimeMs) };
}

async function writable(handles: Handles, number: number): Promise<OpenHandle> {
  const handle = await handles.file(number);
  if (!handle.write) throw new WasiFault(Errno.notcapable);
  return handle;
}

function checkOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new WasiFault(Errno.fbig);
}
