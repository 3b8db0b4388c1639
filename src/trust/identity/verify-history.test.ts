import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CborWriter } from '../../kernel/cbor/index.ts';
import { type Change, changeHashOf, signedDigest } from './change.ts';
import { type ChangeHistory, compareHistories, encodeChangeHistory } from './change-history.ts';
import { changeHashFromBytes, parseIdentifier } from './identifier.ts';
import { firstChange, flipped, nextChange, resign, testKey, TIMES, withChange } from './testdata/fixtures.ts';
import { S1 } from './testdata/vectors.ts';
import { verifyHistory, verifyHistoryInTurns } from './verify-history.ts';
import { encodeVersionedData } from './versioned-data.ts';

const first = testKey('01'.repeat(32));
const second = testKey('02'.repeat(32), 'p256');
const third = testKey('03'.repeat(32));
const a = firstChange(first);
const b = nextChange(a, first, second);
const c = nextChange(b, second, third);
const history: ChangeHistory = [a, b, c];

/** A VersionedData of the given version and type around the data of `change`. */
function relabelled(change: Change, version: number, dataType: number): Uint8Array {
  const inner = change.data.slice(5);
  return new CborWriter().array(3).uint(version).uint(dataType).bytes(inner).finish();
}

suite('verification of a change history', () => {
  test('a history with keys of both algorithms holds', () => {
    const identity = verifyHistory(history);
    assert.equal(identity.identifier, `I${changeHashOf(a)}`);
    assert.deepEqual(
      identity.changes.map((change) => change.hash),
      history.map(changeHashOf),
    );
    assert.equal(identity.latest, identity.changes[2]);
    assert.equal(identity.history, history);
  });

  test('a long history is verified in turns, each of a few changes, with the same outcome', async () => {
    const long = [a];
    for (let i = 1; i < 33; i++) long.push(nextChange(long[i - 1] as Change, first, first));
    let turns = 0;
    const nextTurn = async (): Promise<void> => void turns++;
    assert.deepEqual(await verifyHistoryInTurns(long, undefined, nextTurn), verifyHistory(long));
    assert.equal(turns, 4);
    await verifyHistoryInTurns(long.slice(0, 8), undefined, nextTurn);
    assert.equal(turns, 4, 'a short one has no need of turns');
    const forged = withChange(long, 32, { signature: (long[31] as Change).signature });
    await assert.rejects(verifyHistoryInTurns(forged, undefined, nextTurn), { code: 'IDENTITY_VERIFICATION_FAILED' });
    const clipped = [...long.slice(0, 9), ...long.slice(10)];
    turns = 0;
    await assert.rejects(verifyHistoryInTurns(clipped, undefined, nextTurn), { code: 'IDENTITY_VERIFICATION_FAILED' });
    assert.equal(turns, 0, 'no signature is checked before the whole list is well formed');
  });

  const otherHash = changeHashFromBytes(new Uint8Array(32).fill(7));
  const offCurve = { algorithm: 'p256', bytes: new Uint8Array(65).fill(4) } as const;
  const rules: readonly (readonly [check: string, name: string, code: string, history: ChangeHistory])[] = [
    ['8.1/1', 'the data of a change is no VersionedData', 'IDENTITY_DECODE_FAILED', [resign(Uint8Array.of(1), first)]],
    ['8.1/2', 'the version is another', 'IDENTITY_UNKNOWN_VERSION', [resign(relabelled(a, 2, 1), first)]],
    ['8.1/2', 'the version is zero', 'IDENTITY_UNKNOWN_VERSION', [resign(relabelled(a, 0, 1), first)]],
    ['8.1/3', 'the data type is another', 'IDENTITY_INVALID_DATA_TYPE', [resign(relabelled(a, 1, 2), first)]],
    [
      '8.1/4',
      'the inner data is no ChangeData',
      'IDENTITY_DECODE_FAILED',
      [resign(encodeVersionedData(1, Uint8Array.of(0x80)), first)],
    ],
    [
      '8.1/6',
      'validity goes back',
      'IDENTITY_VERIFICATION_FAILED',
      [a, nextChange(a, first, second, { attestationsValidFrom: TIMES.from - 1n })],
    ],
    [
      '8.1/7',
      'the previous change is another',
      'IDENTITY_VERIFICATION_FAILED',
      [a, nextChange(a, first, second, { previousChange: otherHash })],
    ],
    [
      '8.1/7',
      'a later change names no previous one',
      'IDENTITY_VERIFICATION_FAILED',
      [a, nextChange(a, first, second, { previousChange: undefined })],
    ],
    ['8.1/7', 'a change is left out', 'IDENTITY_VERIFICATION_FAILED', [a, c]],
    [
      '8.1/8',
      'the first change names a previous one',
      'IDENTITY_VERIFICATION_FAILED',
      [firstChange(first, { previousChange: otherHash })],
    ],
    ['8.1/8', 'the first change is missing', 'IDENTITY_VERIFICATION_FAILED', [b, c]],
    [
      '8.1/9',
      'the previous signature is missing',
      'IDENTITY_VERIFICATION_FAILED',
      withChange(history, 1, { previousSignature: undefined }),
    ],
    [
      '8.1/10',
      'the previous signature is by another key',
      'IDENTITY_VERIFICATION_FAILED',
      withChange(history, 1, { previousSignature: third.sign(b.data) }),
    ],
    [
      '8.1/10',
      'the previous signature is of another algorithm',
      'IDENTITY_SIGNATURE_TYPE_MISMATCH',
      withChange(history, 1, { previousSignature: second.sign(b.data) }),
    ],
    [
      '8.1/11',
      'the signature is by another key',
      'IDENTITY_VERIFICATION_FAILED',
      withChange(history, 0, { signature: third.sign(a.data) }),
    ],
    [
      '8.1/11',
      'the signature is changed',
      'IDENTITY_VERIFICATION_FAILED',
      withChange(history, 2, { signature: { algorithm: 'ed25519', bytes: flipped(c.signature.bytes) } }),
    ],
    [
      '8.1/11',
      'the signature is of another algorithm',
      'IDENTITY_SIGNATURE_TYPE_MISMATCH',
      withChange(history, 1, { signature: first.sign(b.data) }),
    ],
    [
      '8.1/11',
      'the key is not on its curve',
      'IDENTITY_INVALID_PUBLIC_KEY',
      [a, nextChange(a, first, second, { primaryPublicKey: offCurve })],
    ],
    ['8.1/12', 'there is no change', 'IDENTITY_VERIFICATION_FAILED', []],
  ];
  for (const [check, name, code, wrong] of rules) {
    test(`${check}: ${name}`, () => {
      assert.throws(() => verifyHistory(wrong), { code, check });
    });
  }

  test('8.1/13: the history of another identity', () => {
    assert.throws(() => verifyHistory(history, parseIdentifier(S1.identifier)), {
      code: 'IDENTITY_VERIFICATION_FAILED',
      check: '8.1/13',
    });
  });

  test('every structure is checked before any signature', () => {
    const wrong = [
      { ...a, signature: third.sign(a.data) },
      nextChange(a, first, second, { previousChange: otherHash }),
    ];
    assert.throws(() => verifyHistory(wrong), { check: '8.1/7' });
  });

  test('the previous signature is checked before the own one', () => {
    const wrong = withChange([a, b], 1, { previousSignature: third.sign(b.data), signature: second.sign(a.data) });
    assert.throws(() => verifyHistory(wrong), { check: '8.1/10' });
  });

  test('a previous signature on the first change is ignored', () => {
    assert.equal(verifyHistory([{ ...a, previousSignature: third.sign(a.data) }]).identifier, `I${changeHashOf(a)}`);
  });

  test('validity may stand still, run backwards in itself, and use all 64 bits', () => {
    const odd = firstChange(first, { attestationsValidFrom: 2n ** 64n - 1n, attestationsValidUntil: 0n });
    const next = nextChange(odd, first, second, { attestationsValidFrom: 2n ** 64n - 1n });
    assert.equal(verifyHistory([odd, next]).latest.attestationsValidFrom, 2n ** 64n - 1n);
    const lower = nextChange(odd, first, second, { attestationsValidFrom: 2n ** 64n - 2n });
    assert.throws(() => verifyHistory([odd, lower]), { check: '8.1/6' });
  });

  test('bytes are hashed as received, not as they would be encoded', () => {
    const long = new CborWriter().array(3).raw(Uint8Array.of(0x18, 1)).uint(1).bytes(a.data.slice(5)).finish();
    const change = resign(long, first);
    assert.equal(verifyHistory([change]).identifier, `I${changeHashOf(change)}`);
    assert.notEqual(changeHashOf(change), changeHashOf(a));
    assert.deepEqual(signedDigest(change.data), signedDigest(long));
  });
});

suite('comparison of histories', () => {
  test('over the common prefix, then by length', () => {
    const fork = nextChange(a, first, third);
    assert.equal(compareHistories([a, b], [a, b]), 'equal');
    assert.equal(compareHistories([a, b], [a]), 'older');
    assert.equal(compareHistories([a, b], [a, b, c]), 'newer');
    assert.equal(compareHistories([a, b], [a, fork]), 'conflict');
    assert.equal(compareHistories([a, b, c], [a, fork]), 'conflict');
    assert.equal(compareHistories([a, b], [a, fork, c]), 'conflict');
    assert.equal(compareHistories([a], [fork]), 'conflict');
  });

  test('looks at the data, not at the signatures', () => {
    assert.equal(compareHistories([a, b], [a, { ...b, signature: second.sign(b.data) }]), 'equal');
    assert.notDeepEqual(encodeChangeHistory([b]), encodeChangeHistory([{ ...b, signature: second.sign(b.data) }]));
  });
});
