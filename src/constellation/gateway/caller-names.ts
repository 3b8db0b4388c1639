import { createHmac, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { addressBlock } from '../../kernel/ip/index.ts';

/** Ours: enough that two callers of one gateway never share a name by chance. */
const NAME_BYTES = 16;

/**
 * Names of clients for fair turns (`constellation.md` §7.1): equal for the same host, and of no meaning elsewhere, because Sats
 * need to tell clients apart, not to know who they are. The key is drawn anew by each gateway.
 */
export class CallerNames {
  readonly #key = randomBytes(32);
  /** A connection has one peer for all of its requests. */
  readonly #names = new WeakMap<Socket, string>();

  /** The name of the client at the other end of `socket`. */
  of(socket: Socket): string {
    let name = this.#names.get(socket);
    if (name === undefined) {
      const block = addressBlock(socket.remoteAddress);
      name = createHmac('sha256', this.#key).update(block).digest().subarray(0, NAME_BYTES).toString('base64url');
      this.#names.set(socket, name);
    }
    return name;
  }
}
