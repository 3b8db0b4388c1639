import type { Socket } from 'node:net';
import { type Cancel, type Clock, CodedError, hasCode } from '../../../kernel/index.ts';
import { type OutboundMessage, releaseMemory } from '../../routing/index.ts';
import type { Link, WorkerConnection } from '../connection.ts';
import { TransportError } from '../errors.ts';
import type { Closed, CloseReason } from '../transport.ts';
import { FrameReader, PROTOCOL_VERSION } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import type { FrameHolder, HeldFrames } from './held-frames.ts';

/** Ours: frames of one turn of the event loop leave together, but no more than so many bytes are held back. */
const FLUSH_BYTES = 256 * 1024;
/** Ours: how long the peer may take to read the last bytes and to close in turn, in milliseconds. */
const CLOSE_MS = 2000;

/**
 * One TCP socket as the wire of a connection.
 *
 * Out: frames are gathered, written at the end of the turn in one system call, and senders wait while the socket is full.
 * In: chunks are cut into frames; the socket is paused while a worker is busy. Every fault of the peer ends this connection
 * with a counted reason and touches no other.
 */
export class SocketLink implements Link, FrameHolder {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #unfinished: HeldFrames;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  #connection: WorkerConnection | undefined;
  #cancelVersionWait: Cancel | undefined;
  #cancelClose: Cancel | undefined;
  /** Why the connection ends; set once. */
  #closed: Closed | undefined;
  #flushPlanned = false;
  /** A frame is noted as unfinished. */
  #holding = false;
  #room: PromiseWithResolvers<void> | undefined;

  /** @param unfinished shared by all links of a transport. */
  constructor(socket: Socket, clock: Clock, unfinished: HeldFrames) {
    this.#socket = socket;
    this.#clock = clock;
    this.#unfinished = unfinished;
    socket.setNoDelay(true);
  }

  /** Sends the version byte and reads for `connection`. @param versionMs how long the peer's version byte may take. */
  start(connection: WorkerConnection, versionMs: number): void {
    this.#connection = connection;
    const socket = this.#socket;
    this.#writer.raw(Uint8Array.of(PROTOCOL_VERSION));
    this.#planFlush();
    this.#cancelVersionWait = this.#clock.schedule(versionMs, () => this.#end({ reason: 'version-timeout' }));
    socket.on('data', (chunk: Uint8Array) => {
      this.#reader.feed(chunk);
      this.#pump();
    });
    socket.on('end', () => this.#end({ reason: 'closed-by-peer' }));
    socket.on('error', (error) => this.#end({ reason: 'input-error', error }));
    socket.on('drain', () => this.#openRoom());
    socket.on('close', () => this.#finish());
  }

  write = (message: OutboundMessage): Promise<void> | undefined => {
    if (this.#closed !== undefined) return undefined;
    if (!this.#writer.frame(message)) {
      this.#end({ reason: 'message-too-large' });
      return undefined;
    }
    if (this.#writer.bytes >= FLUSH_BYTES) this.#flush();
    else this.#planFlush();
    if (!this.#socket.writableNeedDrain) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  };

  drain = (): Promise<void> => {
    this.#flush();
    const socket = this.#socket;
    if (socket.writableLength === 0 || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('close', done);
        resolve();
      };
      socket.on('close', done);
      socket.write(NOTHING, done);
    });
  };

  close = (closed: Closed): void => {
    if (this.#closed !== undefined) return;
    this.#flush();
    this.#closed = closed;
    this.#connection?.silence();
    // Ends the way out only: a socket destroyed with something unread makes the system drop what is still on its way to
    // the peer. The peer closes in turn; one that does not must not hold the socket open.
    this.#socket.end();
    this.#socket.resume();
    this.#cancelClose = this.#clock.schedule(CLOSE_MS, () => this.#socket.destroy());
  };

  giveUp = (): void => {
    this.#end({
      reason: 'frame-too-large',
      error: new TransportError(
        'TRANSPORT_FRAME_TOO_LARGE',
        'unfinished frames take too much memory, this one for the longest',
      ),
    });
  };

  /** Ends the connection at once: after a fault there is nothing to hand over. */
  #end(closed: Closed): void {
    if (this.#closed !== undefined) return;
    this.#closed = closed;
    this.#socket.destroy();
    this.#connection?.silence();
  }

  /** The socket is gone, whoever ended it. */
  #finish(): void {
    this.#cancelVersionWait?.();
    this.#cancelClose?.();
    this.#openRoom();
    this.#unfinished.release(this);
    // The engine frees a closed socket in a full collection only, and with it whatever its listeners refer to.
    this.#socket.removeAllListeners();
    this.#connection?.finish(this.#closed ?? { reason: 'closed-by-peer' });
  }

  /** Delivers what has arrived, up to the first busy worker. */
  #pump(): void {
    try {
      while (this.#closed === undefined) {
        const frame = this.#reader.next();
        if (this.#cancelVersionWait !== undefined && this.#reader.versionSeen) {
          this.#cancelVersionWait();
          this.#cancelVersionWait = undefined;
        }
        if (frame === undefined) {
          this.#noteUnfinished();
          break;
        }
        if (this.#holding) {
          this.#holding = false;
          this.#unfinished.release(this);
        }
        const busy = this.#connection?.receive(frame, this.#reader.exclusive);
        if (busy === undefined) continue;
        this.#socket.pause();
        void busy.then(() => this.#pump());
        return;
      }
    } catch (error) {
      this.#end(fault(error));
      return;
    }
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #noteUnfinished(): void {
    const bytes = this.#reader.unfinishedBytes;
    if (bytes === 0) return;
    this.#holding = true;
    this.#unfinished.hold(this, bytes);
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    // Behind all promise callbacks that are due, where the answer to what just came in is often made: one write, not two.
    queueMicrotask(() => process.nextTick(() => this.#flush()));
  }

  #flush(): void {
    this.#flushPlanned = false;
    const { pieces, exclusive } = this.#writer.take();
    const socket = this.#socket;
    if (pieces.length === 0 || socket.destroyed || this.#closed !== undefined) return;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    // Called when the system has taken all before it. After an error it may still read: the memory is left to the collector.
    if (exclusive.length > 0) {
      socket.write(NOTHING, (error) => {
        if (!(error instanceof Error)) for (const piece of exclusive) releaseMemory(piece);
      });
    }
    socket.uncork();
  }

  #openRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

const NOTHING = new Uint8Array(0);

/** What the reader or a decoder raised, as the end of the connection. */
function fault(error: unknown): Closed {
  const reason: CloseReason = hasCode(error, 'TRANSPORT_WRONG_VERSION')
    ? 'wrong-version'
    : hasCode(error, 'TRANSPORT_FRAME_TOO_LARGE')
      ? 'frame-too-large'
      : error instanceof CodedError
        ? 'frame-malformed'
        : 'input-error';
  return { reason, error: error instanceof Error ? error : new Error(String(error)) };
}
