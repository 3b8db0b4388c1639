import { type Clock, pooledRandom, type RandomSource } from '../../src/kernel/index.ts';
import { randomBytes } from 'node:crypto';
import { MemoryAttributeStore } from '../../src/trust/credential/index.ts';
import {
  Identities,
  MemoryChangeHistoryStore,
  MemoryPurposeKeyStore,
  PurposeKeys,
  type Identity,
} from '../../src/trust/identity/index.ts';
import { MemorySecretStore, SoftwareVault } from '../../src/trust/vault/index.ts';
import type { ChannelContext, ChannelEvent } from '../../src/network/channel/index.ts';
import { formatRefusal, Router } from '../../src/network/routing/index.ts';

/** A node as tests need it: a router, an identity, memory for everything, and a list of what happened. */
export interface NetworkNode {
  readonly router: Router;
  readonly identities: Identities;
  readonly identity: Identity;
  readonly channels: ChannelContext;
  readonly attributes: MemoryAttributeStore;
  readonly events: ChannelEvent[];
  readonly refusals: string[];
  readonly errors: unknown[];
}

const systemRandom: RandomSource = (length) => new Uint8Array(randomBytes(length));

/** @param random where keys and addresses come from; the system by default. */
export async function createNetworkNode(clock: Clock, random: RandomSource = systemRandom): Promise<NetworkNode> {
  const refusals: string[] = [];
  const errors: unknown[] = [];
  const events: ChannelEvent[] = [];
  // Whoever passes chance in wants every draw at its place.
  const isSystem = random === systemRandom;
  const router = new Router({
    clock,
    random: isSystem ? pooledRandom(random) : random,
    onRefused: (refusal) => refusals.push(formatRefusal(refusal)),
    onWorkerError: (error) => errors.push(error),
  });
  const whenIdle = isSystem ? (action: () => void) => void setImmediate(action) : undefined;
  const vault = new SoftwareVault({ random, store: new MemorySecretStore(), whenIdle });
  const identities = new Identities({ vault, histories: new MemoryChangeHistoryStore(), clock });
  const purposeKeys = new PurposeKeys({ identities, store: new MemoryPurposeKeyStore() });
  const attributes = new MemoryAttributeStore();
  const identity = await identities.create();
  const channels: ChannelContext = {
    router,
    vault,
    identities,
    purposeKeys,
    attributes,
    onEvent: (event) => events.push(event),
  };
  return { router, identities, identity, channels, attributes, events, refusals, errors };
}
