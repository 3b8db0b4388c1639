/** One node's worth of identities on memory stores and a clock that stands still. */
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import type { SoftwareVault } from '../../vault/index.ts';
import { Identities } from '../identities.ts';
import { type PurposeKeyReplaced, PurposeKeys } from '../purpose-keys.ts';
import { MemoryChangeHistoryStore, MemoryPurposeKeyStore } from '../store.ts';
import { testVault, TIMES } from './fixtures.ts';

export interface TestNode {
  readonly clock: VirtualClock;
  readonly vault: SoftwareVault;
  readonly histories: MemoryChangeHistoryStore;
  readonly identities: Identities;
  readonly purposeKeyStore: MemoryPurposeKeyStore;
  readonly purposeKeys: PurposeKeys;
  readonly replaced: PurposeKeyReplaced[];
}

export function testNode(clock: VirtualClock = new VirtualClock(Number(TIMES.from) * 1000)): TestNode {
  const vault = testVault();
  const histories = new MemoryChangeHistoryStore();
  const identities = new Identities({ vault, histories, clock });
  const purposeKeyStore = new MemoryPurposeKeyStore();
  const replaced: PurposeKeyReplaced[] = [];
  const purposeKeys = new PurposeKeys({
    identities,
    store: purposeKeyStore,
    onReplaced: (event) => replaced.push(event),
  });
  return { clock, vault, histories, identities, purposeKeyStore, purposeKeys, replaced };
}
