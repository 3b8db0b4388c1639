import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Cancel, Clock } from '../../kernel/index.ts';
import { MAX_DATA_BYTES } from './portal-message.ts';

/**
 * Ours: how long a socket may take nothing while data waits for it, in milliseconds. It holds up everything that shares
 * the channel, so this is less than it takes a session to give up the whole path (`portal.md` §8).
 */
const STALL_MS = 20_000;

/**
 * Ours: how long the last bytes may wait for an application that reads slowly, in milliseconds. Nobody else waits for
 * them any more.
 */
const FLUSH_MS = 600_000;

/** Specification (`portal.md` §5): after the last byte and our end of stream, how long until the socket is closed. */
const LINGER_MS = 2_000;

/** Ours: so many writes wait at most, however small: each takes some 250 bytes of memory beside its data. */
const MAX_WRITES = 1024;

/** Whom the local end of a connection tells what. */
export interface LocalEndHandlers {
  /** 1 byte to 48 KiB were read, and belong to the receiver. @returns a promise to wait for before more is read. */
  readonly onData: (data: Uint8Array) => Promise<void> | undefined;
  /** Everything was read. */
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
  readonly onStalled: () => void;
  /** The socket is gone, whoever ended it. Always the last. */
  readonly onClosed: () => void;
}

/**
 * The application's socket at one end of a portal: cut into messages on the way in, and slow in both directions when the
 * other side is slow. Holds at most one read and one message in each direction.
 */
export class LocalEnd {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #handlers: LocalEndHandlers;
  #reading = true;
  #room: PromiseWithResolvers<void> | undefined;
  #cancelStall: Cancel | undefined;
  #cancelClose: Cancel | undefined;
  #closed = false;
  /** Writes since the system last had taken everything. */
  #writes = 0;

  /** Takes `socket` over; nothing is read before `start`. */
  constructor(socket: Socket, clock: Clock, handlers: LocalEndHandlers) {
    this.#socket = socket;
    this.#clock = clock;
    this.#handlers = handlers;
    socket.setNoDelay(true);
    socket.pause();
    socket.on('data', (chunk: Uint8Array) => this.#take(chunk));
    socket.on('end', () => {
      if (this.#reading) handlers.onEnd();
    });
    socket.on('error', (error) => handlers.onError(error));
    socket.on('drain', () => this.#openRoom());
    socket.on('close', () => this.#finished());
    if (socket.destroyed) queueMicrotask(() => this.#finished());
  }

  /** Whether the socket is gone. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Begins to read. */
  start(): void {
    this.#socket.resume();
  }

  /**
   * Writes `data`, which must not change before `onWritten` is called: the system has all of it then. It is not called when that fails, for
   * the system may still read. @returns a promise to wait for before more is written.
   */
  write(data: Uint8Array, onWritten?: () => void): Promise<void> | undefined {
    const socket = this.#socket;
    this.#writes = socket.writableLength === 0 ? 0 : this.#writes + 1;
    const isCrowded = this.#writes >= MAX_WRITES;
    const written =
      (onWritten !== undefined || isCrowded) &&
      ((error: Error | null | undefined) => {
        if (error instanceof Error) return;
        onWritten?.();
        if (isCrowded) this.#openRoom();
      });
    const hasRoom = socket.write(data, written || undefined);
    if ((hasRoom && !isCrowded) || this.#closed) return undefined;
    this.#room = Promise.withResolvers<void>();
    this.#cancelStall = this.#clock.schedule(STALL_MS, () => this.#handlers.onStalled());
    return this.#room.promise;
  }

  /** Ends the stream to the application behind what was written, and drops what it still sends. */
  finish(): void {
    const socket = this.#socket;
    this.#reading = false;
    this.#cancelStall?.();
    this.#cancelClose = this.#clock.schedule(FLUSH_MS, () => this.reset());
    // Closing a socket with something unread would make the system drop what is still on its way out.
    socket.resume();
    socket.end(() => {
      this.#cancelClose?.();
      if (!this.#closed) this.#cancelClose = this.#clock.schedule(LINGER_MS, () => socket.destroy());
    });
  }

  /** Cuts the application off, in a way that it cannot take for the regular end of the stream where TCP has one. */
  reset(): void {
    this.#reading = false;
    const socket = this.#socket;
    if (socket.remoteFamily === undefined || socket instanceof TLSSocket) socket.destroy();
    else socket.resetAndDestroy();
  }

  #take(chunk: Uint8Array): void {
    let busy: Promise<void> | undefined;
    for (let at = 0; at < chunk.length && this.#reading; at += MAX_DATA_BYTES) {
      const piece = chunk.length <= MAX_DATA_BYTES ? chunk : chunk.subarray(at, at + MAX_DATA_BYTES);
      busy = this.#handlers.onData(piece) ?? busy;
    }
    if (busy === undefined || !this.#reading) return;
    this.#socket.pause();
    void busy.then(() => {
      if (this.#reading) this.#socket.resume();
    });
  }

  #openRoom(): void {
    this.#cancelStall?.();
    this.#room?.resolve();
    this.#room = undefined;
  }

  #finished(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading = false;
    this.#cancelClose?.();
    this.#openRoom();
    this.#handlers.onClosed();
  }
}
