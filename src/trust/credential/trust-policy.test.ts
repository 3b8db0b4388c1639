import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifierFromBytes } from '../identity/index.ts';
import {
  trustAll,
  trustAny,
  trustEveryone,
  trustIdentifier,
  trustIdentifiers,
  type TrustPolicy,
} from './trust-policy.ts';

const [alice, bob, carol] = [1, 2, 3].map((value) => identifierFromBytes(new Uint8Array(32).fill(value)));
const never: TrustPolicy = () => Promise.reject(new Error('must not be asked'));

async function accepted(policy: TrustPolicy): Promise<string> {
  const names = [];
  for (const [name, identifier] of [
    ['alice', alice!],
    ['bob', bob!],
    ['carol', carol!],
  ] as const) {
    const decision = await policy(identifier);
    if (decision.trusted) names.push(name);
    else assert.match(decision.reason, /^I[0-9a-f]{64} is not/);
  }
  return names.join(' ');
}

suite('trust policies', () => {
  test('everyone, one, several, none', async () => {
    assert.equal(await accepted(trustEveryone), 'alice bob carol');
    assert.equal(await accepted(trustIdentifier(bob!)), 'bob');
    assert.equal(await accepted(trustIdentifiers([alice!, carol!])), 'alice carol');
    assert.equal(await accepted(trustIdentifiers([])), '');
  });

  test('all and any', async () => {
    const both = trustIdentifiers([alice!, bob!]);
    assert.equal(await accepted(trustAll(both, trustIdentifier(bob!))), 'bob');
    assert.equal(await accepted(trustAny(trustIdentifier(carol!), trustIdentifier(bob!))), 'bob carol');
    assert.equal(await accepted(trustAny(trustAll(both, trustIdentifier(carol!)), trustIdentifier(carol!))), 'carol');
  });

  test('stop asking when the decision is made', async () => {
    assert.deepEqual(await trustAny(trustEveryone, never)(alice!), { trusted: true });
    assert.equal((await trustAll(trustIdentifier(bob!), never)(alice!)).trusted, false);
  });

  test('a failure inside is no acceptance', async () => {
    await assert.rejects(async () => trustAny(never, trustEveryone)(alice!));
    await assert.rejects(async () => trustAll(trustEveryone, never)(alice!));
  });
});
