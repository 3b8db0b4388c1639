import { SlotMap } from '../../kernel/index.ts';
import { ALLOWED, type AccessControl, denied } from './access-control.ts';
import type { Address, FlowControlId } from './wire/index.ts';

/** An entry point for messages from outside: a transport's receiver, a decryptor, the far end of a relay. */
export interface Producer {
  readonly address: Address;
  readonly id: FlowControlId;
  /** Identifier of the listener that created it, if one did. */
  readonly spawnerId: FlowControlId | undefined;
}

/**
 * Which workers a message from outside may reach (`routing.md` §10): only those that were made consumers of its entry point.
 *
 * Everything is a set test; nothing is counted or used up. Entries of an address go when its worker stops.
 */
export class FlowControls {
  readonly #producers = new SlotMap<Producer, string>();
  readonly #aliases = new SlotMap<readonly Address[], FlowControlId>();
  readonly #spawners = new Map<string, FlowControlId>();
  readonly #consumers = new SlotMap<Set<string>, FlowControlId>();
  readonly #idsOfConsumer = new SlotMap<Set<FlowControlId>, string>();
  /** Entry points by which others than their peer come; few, those of relays. */
  readonly #shared = new Set<string>();

  /**
   * Declares `producer.address` an entry point, found also by each of `additional`: the addresses of the reply direction
   * (TCP sender, encryptor) that stand first in routes through it.
   */
  addProducer(producer: Producer, additional: readonly Address[] = []): void {
    this.#producers.set(producer.address.key, producer);
    for (const address of additional) this.#producers.set(address.key, producer);
    this.#aliases.set(producer.id, additional);
  }

  /** Declares `address` a listener that shares `id` with everything it spawns. */
  addSpawner(address: Address, id: FlowControlId): void {
    this.#spawners.set(address.key, id);
  }

  /** Lets messages of the entry point `id` reach `address`. */
  addConsumer(address: Address, id: FlowControlId): void {
    setOf(this.#consumers, id).add(address.key);
    setOf(this.#idsOfConsumer, address.key).add(id);
  }

  /** Takes back {@link addConsumer}. */
  removeConsumer(address: Address, id: FlowControlId): void {
    discard(this.#consumers, id, address.key);
    discard(this.#idsOfConsumer, address.key, id);
  }

  /** The entry point behind `address`, which is its own or one of its additional addresses. */
  producerOf(address: Address): Producer | undefined {
    return this.#producers.get(address.key);
  }

  /** The identifier of the listener at `address`. */
  spawnerOf(address: Address): FlowControlId | undefined {
    return this.#spawners.get(address.key);
  }

  /** Every identifier of which `address` is a consumer. */
  idsOfConsumer(address: Address): readonly FlowControlId[] {
    return [...(this.#idsOfConsumer.get(address.key) ?? [])];
  }

  /** Whether messages of the entry point `id` may reach `address`. */
  isConsumer(address: Address, id: FlowControlId): boolean {
    return this.#consumers.get(id)?.has(address.key) ?? false;
  }

  /**
   * Lets answers that come back by the entry point behind `hop` reach `address`. For `hop` take the first hop of the
   * request or of the channel's route; for an outlet worker the true source of the Ping.
   * @returns whether there is an entry point behind `hop`; there is none when the route stays on this node.
   */
  admitReplies(address: Address, hop: Address | undefined): boolean {
    const producer = hop === undefined ? undefined : this.producerOf(hop);
    if (producer === undefined) return false;
    this.addConsumer(address, producer.id);
    return true;
  }

  /** Makes `spawned` a consumer of everything `listener` is a consumer of, as the decryptor of an accepted channel must be. */
  inheritConsumer(spawned: Address, listener: Address): void {
    for (const id of this.idsOfConsumer(listener)) this.addConsumer(spawned, id);
  }

  /** Lets the entry points behind two hops of a relay reach each other: `previous` leads back, `next` onward. */
  admitRelay(previous: Address | undefined, next: Address | undefined): void {
    if (previous === undefined || next === undefined) return;
    this.admitReplies(previous, next);
    this.admitReplies(next, previous);
  }

  /**
   * From now on strangers come by the entry point behind `hop`, because its peer passes on what is sent to a relay: that it was this peer's
   * channel says nothing of who they are. The router takes the peer's name off their messages.
   */
  admitStrangers(hop: Address): void {
    const producer = this.producerOf(hop);
    if (producer !== undefined) this.#shared.add(producer.address.key);
  }

  /** Whether strangers come by the entry point whose own address `address` is. */
  hasStrangers(address: Address): boolean {
    return this.#shared.size > 0 && this.#shared.has(address.key);
  }

  /** The outgoing control of an entry point: the next hop must be a consumer of `id` or of `spawnerId`. */
  control(id: FlowControlId, spawnerId?: FlowControlId): AccessControl {
    return ({ destination }) =>
      this.isConsumer(destination, id) || (spawnerId !== undefined && this.isConsumer(destination, spawnerId))
        ? ALLOWED
        : NOT_A_CONSUMER;
  }

  /** Forgets everything about `address`, called by the router when its worker stops. */
  removeAddress(address: Address): void {
    if (this.#idsOfConsumer.has(address.key)) {
      for (const id of this.idsOfConsumer(address)) this.removeConsumer(address, id);
    }
    this.#spawners.delete(address.key);
    this.#shared.delete(address.key);
    const producer = this.#producers.get(address.key);
    if (producer === undefined) return;
    this.#producers.delete(address.key);
    if (producer.address.key === address.key) this.#dropEntryPoint(producer.id);
  }

  /** Forgets everything. */
  clear(): void {
    this.#producers.clear();
    this.#aliases.clear();
    this.#spawners.clear();
    this.#consumers.clear();
    this.#idsOfConsumer.clear();
    this.#shared.clear();
  }

  /** An entry point is gone for good, so its consumers, which may live much longer, must not remember it. */
  #dropEntryPoint(id: FlowControlId): void {
    for (const alias of this.#aliases.get(id) ?? []) {
      if (this.#producers.get(alias.key)?.id === id) this.#producers.delete(alias.key);
    }
    this.#aliases.delete(id);
    for (const key of this.#consumers.get(id) ?? []) discard(this.#idsOfConsumer, key, id);
    this.#consumers.delete(id);
  }
}

const NOT_A_CONSUMER = denied('the next hop is not a consumer of the entry point');

function setOf<K extends string, V>(map: SlotMap<Set<V>, K>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}

function discard<K extends string, V>(map: SlotMap<Set<V>, K>, key: K, value: V): void {
  const set = map.get(key);
  if (set?.delete(value) === true && set.size === 0) map.delete(key);
}
