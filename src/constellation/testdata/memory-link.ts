/** A link without network, for tests: two ends in one process. */
import { concat } from '../../kernel/index.ts';
import type { Link, LinkHandlers, LinkPeer, PeerAttributes } from '../session/index.ts';

/** What one end proves to the other; change `attributes` to play renewal and expiry. */
export interface MemoryPeer {
  readonly identifier: string;
  attributes: PeerAttributes | undefined;
}

/** A member with `attributes`, which count until `expiresAtSeconds`. */
export function memoryPeer(
  identifier: string,
  attributes: Readonly<Record<string, string>> = {},
  expiresAtSeconds?: number,
): MemoryPeer {
  return { identifier, attributes: { values: new Map(Object.entries(attributes)), expiresAtSeconds } };
}

/** One end. */
export class MemoryLink implements Link {
  readonly peer: LinkPeer;
  /** Every message that was sent from this end, in order. */
  readonly sent: Uint8Array[] = [];
  /** While set, what is sent here is kept instead of delivered, and senders are asked to wait. */
  stalled = false;
  other: MemoryLink | undefined;
  closed = false;
  #handlers: LinkHandlers | undefined;
  #kept: Uint8Array[] = [];
  #waiting: (() => void)[] = [];
  #silent = false;

  constructor(peer: MemoryPeer) {
    this.peer = { identifier: peer.identifier, attributes: () => Promise.resolve(peer.attributes) };
  }

  open = (handlers: LinkHandlers): void => {
    this.#handlers = handlers;
  };

  send = (parts: readonly Uint8Array[]): void | Promise<void> => {
    if (this.closed || this.#silent) return undefined;
    const message = concat(...parts);
    this.sent.push(message);
    if (!this.stalled) {
      this.#deliver(message);
      return undefined;
    }
    this.#kept.push(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  };

  close = (): void => {
    if (this.closed) return;
    this.closed = true;
    if (!this.#silent) setImmediate(() => this.other?.lose('closed by the other side'));
  };

  /** The other end is gone: this one learns it. */
  lose(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.#handlers?.onClose(reason);
  }

  /** Delivers what was kept and whatever comes. */
  resume(): void {
    this.stalled = false;
    for (const message of this.#kept.splice(0)) this.#deliver(message);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Nothing arrives at the other end any more, not even the end: the host lost power. */
  silence(): void {
    this.#silent = true;
  }

  receive(message: Uint8Array): void {
    if (!this.closed) this.#handlers?.onMessage(message);
  }

  /** Not at once, as on any network. */
  #deliver(message: Uint8Array): void {
    setImmediate(() => this.other?.receive(message));
  }
}

/** Two ends: `at.gateway` is the gateway's, whose peer is the Sat, and the other way round. */
export function linkPair(sat: MemoryPeer, gateway: MemoryPeer): { readonly gateway: MemoryLink; readonly sat: MemoryLink } {
  const atGateway = new MemoryLink(sat);
  const atSat = new MemoryLink(gateway);
  atGateway.other = atSat;
  atSat.other = atGateway;
  return { gateway: atGateway, sat: atSat };
}
