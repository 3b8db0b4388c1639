import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { attributesOf, MemoryAttributeStore } from '../../trust/credential/index.ts';
import { parseIdentifier } from '../../trust/identity/index.ts';
import { parsePolicy, type PolicyExpression } from '../../trust/policy/index.ts';
import { accessTo, atMostOneASecond } from './access.ts';

const [PEER, AUTHORITY, STRANGER] = ['a', 'b', 'c'].map((digit) => parseIdentifier(`I${digit.repeat(64)}`)) as [
  ReturnType<typeof parseIdentifier>,
  ReturnType<typeof parseIdentifier>,
  ReturnType<typeof parseIdentifier>,
];
const RESOURCE = { type: 'tcp-outlet', name: 'db' } as const;

suite('who may use a resource', () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  let policy: PolicyExpression | undefined;

  const decisions = async (authority: typeof AUTHORITY | undefined) => {
    const attributes = new MemoryAttributeStore();
    await attributes.put({
      subject: PEER,
      issuer: AUTHORITY,
      attributes: attributesOf({ role: 'reader' }),
      addedAtSeconds: 0,
      expiresAtSeconds: undefined,
    });
    const decide = accessTo(RESOURCE, {
      clock,
      attributes,
      authority,
      policyOf: () => policy,
      onDenied: (_resource, peer, reason) => told.push(`${peer.slice(0, 2)} ${reason}`),
    });
    if (decide === 'anyone') return decide;
    return Promise.all([PEER, STRANGER].map(async (peer) => (await decide(peer)).allowed));
  };

  test('without an authority and a policy: anyone', async () => {
    policy = undefined;
    assert.equal(await decisions(undefined), 'anyone');
  });

  test('with an authority: whoever has its credential', async () => {
    policy = undefined;
    assert.deepEqual(await decisions(AUTHORITY), [true, false]);
    assert.match(told.join('\n'), /^Ic /, 'the denial is told, with whom it hit');
  });

  test('with a policy: whom it lets in, and nobody else', async () => {
    policy = parsePolicy('(= subject.role "reader")');
    assert.deepEqual(await decisions(AUTHORITY), [true, false]);
    policy = parsePolicy('(= subject.role "writer")');
    assert.deepEqual(await decisions(AUTHORITY), [false, false]);
    policy = parsePolicy('(= subject.role "reader")');
    assert.deepEqual(await decisions(undefined), [false, false], 'attributes need an authority');
  });

  test('whoever has no identifier is nobody', async () => {
    policy = parsePolicy('true');
    const decide = accessTo(RESOURCE, {
      clock,
      attributes: new MemoryAttributeStore(),
      authority: AUTHORITY,
      policyOf: () => policy,
      onDenied: () => undefined,
    });
    assert.ok(decide !== 'anyone');
    assert.equal((await decide('not an identifier')).allowed, false);
  });

  test('denials are told at most once a second for each resource', async () => {
    const heard: string[] = [];
    const tell = atMostOneASecond(clock, ({ name }) => heard.push(name));
    for (const name of ['a', 'a', 'b']) tell({ type: 'tcp-outlet', name }, PEER, 'no');
    await clock.advance(1000);
    tell({ type: 'tcp-outlet', name: 'a' }, PEER, 'no');
    assert.deepEqual(heard, ['a', 'b', 'a']);
  });
});
