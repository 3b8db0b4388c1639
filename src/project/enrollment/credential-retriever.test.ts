import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import {
  attributesOf,
  type CredentialAndPurposeKey,
  encodeCredentialAndPurposeKey,
  issueCredential,
} from '../../trust/credential/index.ts';
import {
  type CredentialEvent,
  CredentialRetriever,
  type CredentialRetrieverOptions,
  MemoryCredentialStore,
} from './index.ts';

const SECOND = 1000;
const DAY = 86_400;

interface Setting {
  readonly clock: VirtualClock;
  readonly issuer: NetworkNode;
  readonly store: MemoryCredentialStore;
  readonly events: CredentialEvent[];
  /** When the issuer was asked, seconds since the start. */
  readonly asked: number[];
  readonly issue: (ttlSeconds: number, subject?: NetworkNode) => Promise<CredentialAndPurposeKey>;
  readonly keep: (options?: Partial<CredentialRetrieverOptions>) => CredentialRetriever;
  readonly now: () => number;
}

/** A subject and its issuer, who issues for `ttlSeconds` unless `answer` does something else. */
async function setting(
  ttlSeconds: number,
  answer?: (attempt: number, signal: AbortSignal) => Promise<CredentialAndPurposeKey> | undefined,
): Promise<Setting> {
  const clock = new VirtualClock();
  const [subject, issuer] = [await createNetworkNode(clock), await createNetworkNode(clock)];
  await subject.identities.receive(issuer.identity.history);
  await issuer.identities.receive(subject.identity.history);
  const store = new MemoryCredentialStore();
  const events: CredentialEvent[] = [];
  const asked: number[] = [];
  const now = (): number => Math.floor(clock.monotonicMs() / SECOND);
  const key = {
    subject: subject.identity.identifier,
    issuer: issuer.identity.identifier,
    scope: 'project-member-p1',
  };
  const issue = (ttl: number, to: NetworkNode = subject): Promise<CredentialAndPurposeKey> =>
    issueCredential(
      { subject: to.identity.identifier, attributes: attributesOf({ issued: String(now()) }), ttlSeconds: ttl },
      {
        issuer: issuer.identity.identifier,
        identities: issuer.identities,
        purposeKeys: issuer.channels.purposeKeys,
      },
    );
  return {
    clock,
    issuer,
    store,
    events,
    asked,
    issue,
    now,
    keep: (options = {}) =>
      new CredentialRetriever({
        key,
        identities: subject.identities,
        store,
        clock,
        request: (signal) => {
          asked.push(now());
          return answer?.(asked.length, signal) ?? issue(ttlSeconds);
        },
        onEvent: (event) => events.push(event),
        ...options,
      }),
  };
}

const failing = (): Promise<never> => Promise.reject(new Error('unreachable'));

suite('a credential that is kept', () => {
  test('is asked for when first needed, once for all who wait, and stored', async () => {
    const world = await setting(DAY);
    const kept = world.keep();
    assert.deepEqual(world.asked, []);
    const [one, two] = await Promise.all([kept.current(), kept.current()]);
    assert.equal(one, two);
    assert.deepEqual(world.asked, [0]);
    assert.equal((await world.store.list()).length, 1);
    assert.equal(await kept.current(), one);
    const again = world.keep();
    assert.deepEqual(encodeCredentialAndPurposeKey(await again.current()), encodeCredentialAndPurposeKey(one));
    assert.deepEqual(world.asked, [0], 'the store had it');
    kept.close();
    again.close();
  });

  test('is read again when the store failed the first time', async () => {
    const world = await setting(DAY);
    const get = world.store.get.bind(world.store);
    world.store.get = () => Promise.reject(new Error('the database is busy'));
    const kept = world.keep();
    await assert.rejects(kept.current(), /busy/);
    await assert.rejects(kept.discardUntil(0), /busy/);
    world.store.get = get;
    await kept.current();
    kept.close();
  });

  test('does not come back with an answer that was on its way when it was taken back', async () => {
    const world = await setting(DAY);
    const answer = Promise.withResolvers<CredentialAndPurposeKey>();
    const old = await world.issue(DAY);
    const kept = world.keep({
      request: () => {
        world.asked.push(world.now());
        return world.asked.length === 1 ? answer.promise : world.issue(DAY);
      },
    });
    const early = kept.current();
    await settle();
    await kept.discardUntil(Math.floor(world.clock.nowMs() / SECOND));
    answer.resolve(old);
    await assert.rejects(early, { code: 'ENROLLMENT_NO_CREDENTIAL' });
    assert.deepEqual(await world.store.list(), []);
    await world.clock.advance(11 * SECOND);
    assert.notDeepEqual(await kept.current(), old);
    kept.close();
  });

  test('is renewed 120 s before it expires, and every channel is told', async () => {
    const world = await setting(DAY);
    const kept = world.keep();
    const told: CredentialAndPurposeKey[] = [];
    const stop = kept.onChange((credential) => told.push(credential));
    const first = await kept.current();
    await world.clock.advance((DAY - 121) * SECOND);
    assert.deepEqual(world.asked, [0]);
    await world.clock.advance(2 * SECOND);
    assert.deepEqual(world.asked, [0, DAY - 120]);
    const second = await kept.current();
    assert.notEqual(second, first);
    assert.deepEqual(told, [first, second]);
    stop();
    await world.clock.advance(DAY * SECOND);
    assert.equal(world.asked.length, 3);
    assert.equal(told.length, 2);
    kept.close();
    await world.clock.advance(10 * DAY * SECOND);
    assert.equal(world.asked.length, 3);
    assert.equal(world.clock.pending, 0);
  });

  test('stays in use while renewing fails, with growing pauses, until 60 s before it expires', async () => {
    const world = await setting(DAY, (attempt) => (attempt > 1 && attempt < 6 ? failing() : undefined));
    const kept = world.keep();
    const first = await kept.current();
    await world.clock.advance((DAY - 61) * SECOND);
    const begin = DAY - 120;
    assert.deepEqual(world.asked, [0, begin, begin + 10, begin + 30]);
    assert.equal(await kept.current(), first);
    await world.clock.advance(SECOND);
    await assert.rejects(kept.current(), { code: 'ENROLLMENT_NO_CREDENTIAL', message: /unreachable/ });
    assert.equal(world.asked.length, 4, 'nobody asks again before its time');
    await world.clock.advance(100 * SECOND);
    assert.deepEqual(world.asked.slice(4), [begin + 70, begin + 130]);
    assert.notEqual(await kept.current(), first);
    const pauses = world.events.flatMap((event) => (event.kind === 'failed' ? [event.retryInMs] : []));
    assert.deepEqual(pauses, [10_000, 20_000, 40_000, 60_000]);
    kept.close();
  });

  test('that cannot be had at first is not asked for by everybody at once', async () => {
    const world = await setting(DAY, (attempt) => (attempt === 1 ? failing() : undefined));
    const kept = world.keep();
    await assert.rejects(kept.current(), { code: 'ENROLLMENT_NO_CREDENTIAL' });
    await assert.rejects(kept.current(), { code: 'ENROLLMENT_NO_CREDENTIAL' });
    await world.clock.advance(9 * SECOND);
    await assert.rejects(kept.current(), { code: 'ENROLLMENT_NO_CREDENTIAL' });
    assert.deepEqual(world.asked, [0]);
    await world.clock.advance(SECOND);
    await kept.current();
    assert.deepEqual(world.asked, [0, 10]);
    kept.close();
  });

  test('with a life too short is not asked for more often than every 10 s', async () => {
    const world = await setting(100);
    const kept = world.keep();
    await kept.current();
    await world.clock.advance(35 * SECOND);
    assert.deepEqual(world.asked, [0, 10, 20, 30]);
    kept.close();
  });

  test('is not taken from the wrong hands', async () => {
    const world = await setting(DAY);
    const stranger = await createNetworkNode(world.clock);
    await world.issuer.identities.receive(stranger.identity.history);
    const others = world.keep({ request: () => world.issue(DAY, stranger) });
    await assert.rejects(others.current(), { code: 'ENROLLMENT_NO_CREDENTIAL', message: /cannot be used/ });
    assert.deepEqual(await world.store.list(), []);
    others.close();
  });

  test('that is stored and damaged is asked for anew', async () => {
    const world = await setting(DAY);
    const kept = world.keep();
    await kept.current();
    kept.close();
    const [stored] = await world.store.list();
    assert.ok(stored);
    for (const credential of [new Uint8Array(3), stored.credential.map((byte, at) => (at === 60 ? byte ^ 1 : byte))]) {
      await world.store.put({ ...stored, credential });
      const again = world.keep();
      await again.current();
      again.close();
    }
    assert.equal(world.asked.length, 3);
    assert.equal(world.events.filter(({ kind }) => kind === 'stored-unusable').length > 1, true);
  });

  test('that another process has renewed is taken from the store', async () => {
    const world = await setting(DAY);
    const [one, two] = [world.keep(), world.keep()];
    await one.current();
    await two.current();
    await world.clock.advance((DAY - 110) * SECOND);
    assert.deepEqual(world.asked, [0, DAY - 120]);
    assert.deepEqual(
      encodeCredentialAndPurposeKey(await two.current()),
      encodeCredentialAndPurposeKey(await one.current()),
    );
    one.close();
    two.close();
  });

  test('without a way to its issuer is used to its last second', async () => {
    const world = await setting(DAY);
    const kept = world.keep();
    await kept.current();
    kept.close();
    const cached = world.keep({ request: undefined });
    await world.clock.advance((DAY - 1) * SECOND);
    await cached.current();
    await world.clock.advance(SECOND);
    await assert.rejects(cached.current(), { code: 'ENROLLMENT_NO_CREDENTIAL' });
    assert.deepEqual(world.asked, [0]);
    assert.equal(world.clock.pending, 0);
    cached.close();
  });

  test('is renewed in time when the wall clock jumps', async () => {
    const world = await setting(DAY);
    let jump = 0;
    const { clock } = world;
    const jumping = {
      nowMs: () => clock.nowMs() + jump,
      monotonicMs: clock.monotonicMs,
      schedule: clock.schedule,
    };
    const kept = world.keep({ clock: jumping });
    await kept.current();
    jump = (DAY - 130) * SECOND;
    await clock.advance(3600 * SECOND);
    assert.deepEqual(world.asked, [0, 3600]);
    kept.close();
  });

  test('that was taken back is given up, and a newer one is not', async () => {
    const world = await setting(DAY);
    const kept = world.keep();
    const first = await kept.credential();
    const createdAt = Number(first.content.createdAt);
    await kept.discardUntil(createdAt - 1);
    assert.equal(await kept.credential(), first, 'taken back was an older one');
    await kept.discardUntil(createdAt);
    assert.deepEqual(await world.store.list(), []);
    await world.clock.advance(2 * SECOND);
    const second = await kept.credential();
    assert.notEqual(second, first);
    assert.deepEqual(world.asked, [0, 2]);
    await kept.discardUntil(createdAt);
    assert.equal(await kept.credential(), second);
    kept.close();
    const restarted = world.keep();
    await restarted.discardUntil(Number(second.content.createdAt));
    assert.deepEqual(await world.store.list(), [], 'also one that was not loaded yet');
    restarted.close();
  });

  test('is given up when it is closed', async () => {
    let aborted: AbortSignal | undefined;
    const world = await setting(DAY, (_, signal) => {
      aborted = signal;
      return new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    });
    const kept = world.keep();
    const waiting = assert.rejects(kept.current(), { code: 'ENROLLMENT_CLOSED' });
    await settle();
    kept.close();
    await waiting;
    assert.equal(aborted?.aborted, true);
    await assert.rejects(kept.current(), { code: 'ENROLLMENT_CLOSED' });
    assert.deepEqual(world.events, []);
  });
});
