import type { Address, FlowControlId, FlowControls } from '../../network/routing/index.ts';

/** Who comes in by an entrance: whoever can connect, only peers of a secure channel, or the far end of what a command opened here. */
export type EntranceKind = 'tcp' | 'channel' | 'opened';

/**
 * The ways into a node and who may be reached by them (`routing.md` §8): workers and entrances come and go in any order, and
 * each worker is a consumer of every entrance that it is meant for.
 */
export class Entrances {
  readonly #flows: FlowControls;
  readonly #open = new Map<FlowControlId, EntranceKind>();
  readonly #admitted = new Map<string, { readonly address: Address; readonly from: readonly EntranceKind[] }>();

  constructor(flows: FlowControls) {
    this.#flows = flows;
  }

  /** A listener or a channel by which others come in from now on. */
  open(id: FlowControlId, kind: EntranceKind): void {
    this.#open.set(id, kind);
    for (const { address, from } of this.#admitted.values()) {
      if (from.includes(kind)) this.#flows.addConsumer(address, id);
    }
  }

  /** It is closed. */
  close(id: FlowControlId): void {
    this.#open.delete(id);
  }

  /** Lets a worker be reached by entrances of these kinds. */
  admit(address: Address, from: readonly EntranceKind[]): void {
    this.#admitted.set(address.key, { address, from });
    for (const [id, kind] of this.#open) if (from.includes(kind)) this.#flows.addConsumer(address, id);
  }

  /** The worker is gone; its address may be another's soon. */
  forget(address: Address): void {
    this.#admitted.delete(address.key);
    for (const id of this.#open.keys()) this.#flows.removeConsumer(address, id);
  }
}
