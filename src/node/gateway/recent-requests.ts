import type { GatewayEvent } from '../../constellation/gateway/index.ts';

/** Ours: requests that are remembered for those who watch. */
const REMEMBERED = 256;

/** A request that was answered. */
export interface RecentRequest {
  /** Counts from 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly sat: string | undefined;
  readonly code: string | undefined;
}

/** The last requests of a gateway. */
export class RecentRequests {
  readonly #requests: RecentRequest[] = [];
  #count = 0;

  add({ method, path, status, ms, sat, code }: Extract<GatewayEvent, { kind: 'request' }>): void {
    this.#requests.push({ number: ++this.#count, method, path, status, ms, sat, code });
    if (this.#requests.length > REMEMBERED) this.#requests.shift();
  }

  /** Those after the given number, oldest first. */
  after(number: number): readonly RecentRequest[] {
    return this.#requests.filter((request) => request.number > number);
  }
}
