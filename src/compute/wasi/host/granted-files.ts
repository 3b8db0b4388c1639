/**
 * The files of one call: does what the guest's side of WASI asks, within the directories that were granted
 * (`runnable-abi.md` §10.2). It trusts nothing that comes from the guest's thread: what a handle may be used for is known here.
 */
import { getLogger } from '@logtape/logtape';
import type { CapabilityAnswer } from '../../capability/index.ts';
import { Errno, WasiFault, errnoOf } from '../errno.ts';
import { type FileAnswer, type FileOperation, packFileAnswer } from '../operation.ts';
import type { FileRoom } from './file-room.ts';
import { DEFAULT_HANDLES, type WasiGrant, sessionOf, writtenBytesOf } from './grant.ts';
import { Handles } from './handles.ts';
import {
  linkPath,
  makeDirectory,
  pathStatus,
  readLink,
  removePath,
  renamePath,
  setPathTimes,
  symlinkPath,
} from './names.ts';
import { openPath } from './open-path.ts';
import { readFile, setFileFlags, setFileSize, setFileTimes, syncFile, writeFile } from './contents.ts';
import { statusOf } from './status.ts';
import { WriteAllowance } from './write-allowance.ts';

const logger = getLogger(['perigee', 'compute', 'wasi']);

/** The granted directories of one call, and what it has opened in them. To be closed when the call ends. */
export class GrantedFiles {
  readonly #room: FileRoom;
  readonly #handles: Handles;
  readonly #allowance: WriteAllowance;
  /** The operation that runs; a guest waits for each, so there is never a second one. */
  #running: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param handles as for `sessionOf`. @throws {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED */
  constructor(room: FileRoom, grant: WasiGrant, handles: number = DEFAULT_HANDLES) {
    const session = sessionOf(grant, handles);
    this.#room = room;
    this.#handles = new Handles(room, grant.directories ?? [], session.handles, (directory, error) =>
      logger.warn('the granted directory {directory} cannot be opened', { directory, error }),
    );
    this.#allowance = new WriteAllowance(writtenBytesOf(grant));
  }

  /** Does one operation; its failure is an answer with an errno. Operations run one after another. */
  perform(operation: FileOperation): Promise<CapabilityAnswer> {
    const answer = this.#running.then(() => this.#room.run(() => this.#answer(operation)));
    // Only for order: whoever waits for the answer sees how it failed.
    this.#running = answer.catch(() => undefined);
    return answer;
  }

  /** Closes everything once the operation that runs is over. Never rejects. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const end = this.#running
      .then(() => this.#handles.closeAll())
      .catch((error: unknown) => logger.error('files of a call could not be closed', { error }));
    this.#room.ending(end);
  }

  async #answer(operation: FileOperation): Promise<CapabilityAnswer> {
    let answer: FileAnswer;
    try {
      if (this.#closed) throw new WasiFault(Errno.badf);
      answer = await this.#do(operation);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      answer = { errno };
    }
    return { ok: true, value: packFileAnswer(answer) };
  }

  async #do(operation: FileOperation): Promise<FileAnswer> {
    const handles = this.#handles;
    const allowance = this.#allowance;
    const errno = Errno.success;
    switch (operation.operation) {
      case 'open':
        return { errno, opened: await openPath(handles, allowance, operation) };
      case 'close':
        await handles.close(operation.handle);
        return { errno };
      case 'read':
        return { errno, bytes: await readFile(handles, operation) };
      case 'write':
        return { errno, written: await writeFile(handles, allowance, operation) };
      case 'stat':
        return { errno, status: statusOf(await (await handles.get(operation.handle)).file.stat({ bigint: true })) };
      case 'setSize':
        await setFileSize(handles, allowance, operation);
        return { errno };
      case 'setTimes':
        await setFileTimes(handles, operation);
        return { errno };
      case 'setFlags':
        await setFileFlags(handles, operation);
        return { errno };
      case 'sync':
        await syncFile(handles, operation);
        return { errno };
      case 'list': {
        const { listing } = await handles.directory(operation.handle);
        return listing === undefined ? { errno: Errno.notdir } : { errno, chunk: await listing.read(operation.from) };
      }
      case 'pathStat':
        return { errno, status: await pathStatus(handles, operation) };
      case 'pathSetTimes':
        await setPathTimes(handles, operation);
        return { errno };
      case 'makeDirectory':
        await makeDirectory(handles, allowance, operation);
        return { errno };
      case 'removeDirectory':
      case 'unlink':
        await removePath(handles, operation);
        return { errno };
      case 'readLink':
        return { errno, bytes: await readLink(handles, operation) };
      case 'symlink':
        await symlinkPath(handles, allowance, operation);
        return { errno };
      case 'link':
        await linkPath(handles, allowance, operation);
        return { errno };
      default:
        await renamePath(handles, operation);
        return { errno };
    }
  }
}
