import type { SecureChannel } from '../../network/channel/index.ts';
import { localAddress, request, type Router } from '../../network/routing/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { Way } from '../general/index.ts';

/** How a request is made. */
export interface AskOptions {
  /** How long the answer may take, milliseconds; 30 000 unless given. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A secure channel that a node opened, and everything on the way to it. */
export class NodeChannel implements Disposable {
  /** The end of the channel here, for those who route messages themselves. */
  readonly inner: SecureChannel;
  /** Settles when the channel, or anything on the way to it, is gone. */
  readonly closed: Promise<unknown>;
  readonly #router: Router;
  readonly #way: Way;

  constructor(router: Router, way: Way, inner: SecureChannel) {
    this.#router = router;
    this.#way = way;
    this.inner = inner;
    this.closed = way.closed;
  }

  /** Who is at the other end, proved by its keys. */
  get peer(): Identifier {
    return this.inner.peer;
  }

  /**
   * Sends a message to a service of the peer; what it answers. A peer that refuses is silent.
   * @param payload at most what one message holds, some 4 MiB (`tcp-transport.md` §3); borrowed for the call.
   * @throws {RoutingError} ROUTING_UNDELIVERABLE, ROUTING_REQUEST_TIMED_OUT, ROUTING_STOPPED; the reason of the signal
   */
  async request(service: string, payload: Uint8Array, options: AskOptions = {}): Promise<Uint8Array> {
    const onward = [...this.#way.route, localAddress(service)];
    const answer = await request(this.#router, { ...options, onward, payload });
    return answer.payload;
  }

  /** Ends the channel and what was opened for it; harmless when repeated. */
  close(): void {
    this.#way.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
