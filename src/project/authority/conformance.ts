/** The suites that every MemberStore, every TokenStore and every RevocationStore passes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import type { Member, MemberStore } from './member-store.ts';
import type { Revocation, RevocationStore } from './revocation-store.ts';
import { codeHashOf, type EnrollmentToken, type TokenStore } from './token-store.ts';

const [ALICE, BOB, CAROL] = [0xa1, 0xb0, 0xca].map((byte) => identifierFromBytes(new Uint8Array(32).fill(byte))) as [
  Member['identifier'],
  Member['identifier'],
  Member['identifier'],
];
const NOW = 1_700_000_000;
const HASH = codeHashOf(new Uint8Array(32).fill(1));
const OTHER_HASH = codeHashOf(new Uint8Array(32).fill(2));

function member(changes: Partial<Member> = {}): Member {
  return {
    identifier: ALICE,
    attributes: new Map([['room', 'lab']]),
    addedBy: CAROL,
    addedAtSeconds: NOW,
    preTrusted: false,
    ...changes,
  };
}

function token(changes: Partial<EnrollmentToken> = {}): EnrollmentToken {
  return {
    codeHash: HASH,
    issuedBy: CAROL,
    createdAtSeconds: NOW,
    expiresAtSeconds: NOW + 600,
    usesLeft: 1,
    attributes: new Map([['room', 'lab']]),
    ...changes,
  };
}

/** Registers the suite of a MemberStore. `open` makes an empty one. */
export function memberStoreConformance(name: string, open: () => Promise<MemberStore>): void {
  suite(`member store: ${name}`, () => {
    test('who was not added is no member', async () => {
      const store = await open();
      assert.equal(await store.get(ALICE), undefined);
      assert.equal(await store.delete(ALICE), false);
      assert.equal(await store.count(), 0);
      assert.deepEqual(await store.list(), []);
    });

    test('a member comes back as it was put', async () => {
      const store = await open();
      const attributes = new Map([
        ['__proto__', 'constructor'],
        ['', ''],
        ['ümlaut "quoted"\n', '🚀'.repeat(500)],
      ]);
      await store.put(member({ attributes, addedAtSeconds: Number.MAX_SAFE_INTEGER, preTrusted: true }));
      assert.deepEqual(
        await store.get(ALICE),
        member({ attributes, addedAtSeconds: Number.MAX_SAFE_INTEGER, preTrusted: true }),
      );
      await store.put(member({ attributes: new Map() }));
      assert.deepEqual(await store.get(ALICE), member({ attributes: new Map() }), 'replaced as a whole');
      assert.equal(await store.count(), 1);
    });

    test('adding does not replace, and of many who add at once one does', async () => {
      const store = await open();
      const tries = Array.from({ length: 8 }, (_, index) => store.add(member({ addedAtSeconds: index })));
      const added = await Promise.all(tries);
      assert.equal(added.filter((one) => one).length, 1);
      assert.equal((await store.get(ALICE))?.addedAtSeconds, added.indexOf(true));
    });

    test('members are listed in order of their identifiers and can be deleted', async () => {
      const store = await open();
      for (const identifier of [CAROL, ALICE, BOB]) await store.add(member({ identifier }));
      assert.deepEqual(
        (await store.list()).map(({ identifier }) => identifier),
        [ALICE, BOB, CAROL],
      );
      assert.equal(await store.delete(BOB), true);
      assert.equal(await store.delete(BOB), false);
      assert.equal(await store.count(), 2);
    });

    test('pre-trusted members are replaced by each other and by nobody else', async () => {
      const store = await open();
      await store.replacePreTrusted([
        member({ identifier: ALICE, preTrusted: true }),
        member({ identifier: BOB, preTrusted: true }),
      ]);
      await store.add(member({ identifier: CAROL }));
      const now = member({ identifier: BOB, preTrusted: true, addedAtSeconds: NOW + 1 });
      await store.replacePreTrusted([now]);
      assert.deepEqual(await store.list(), [now, member({ identifier: CAROL })]);
      const carol = member({ identifier: CAROL, preTrusted: true });
      await store.replacePreTrusted([carol]);
      assert.deepEqual(await store.list(), [carol]);
    });

    test('attributes are not shared with who stores', async () => {
      const store = await open();
      const attributes = new Map([['room', 'lab']]);
      await store.put(member({ attributes }));
      attributes.set('ockam-role', 'enroller');
      assert.deepEqual(await store.get(ALICE), member());
    });
  });
}

/** Registers the suite of a TokenStore. `open` makes an empty one. */
export function tokenStoreConformance(name: string, open: () => Promise<TokenStore>): void {
  suite(`token store: ${name}`, () => {
    test('a token is handed out as often as it says, then it is gone', async () => {
      const store = await open();
      await store.add(token({ usesLeft: 2 }));
      assert.deepEqual(await store.use(HASH, NOW), token({ usesLeft: 2 }));
      assert.deepEqual(await store.use(HASH, NOW), token({ usesLeft: 1 }));
      assert.equal(await store.use(HASH, NOW), undefined);
      assert.equal(await store.count(), 0);
    });

    test('a token with no use left is good for one, as in the reference', async () => {
      const store = await open();
      await store.add(token({ usesLeft: 0 }));
      assert.notEqual(await store.use(HASH, NOW), undefined);
      assert.equal(await store.use(HASH, NOW), undefined);
    });

    test('however many ask at once, no use is handed out twice', async () => {
      const store = await open();
      await store.add(token({ usesLeft: 3 }));
      const used = await Promise.all(Array.from({ length: 10 }, () => store.use(HASH, NOW)));
      assert.deepEqual(new Set(used.map((one) => one?.usesLeft)), new Set([3, 2, 1, undefined]));
      assert.equal(used.filter((one) => one !== undefined).length, 3);
    });

    test('what is not stored is not found, and other tokens stay', async () => {
      const store = await open();
      await store.add(token());
      assert.equal(await store.use(OTHER_HASH, NOW), undefined);
      assert.equal(await store.count(), 1);
    });

    test('a token is worthless from its last second on', async () => {
      const store = await open();
      await store.add(token());
      assert.equal(await store.use(HASH, NOW + 600), undefined);
      assert.equal(await store.count(), 1, 'forgotten by deleteExpired only');
      assert.notEqual(await store.use(HASH, NOW + 599), undefined);
    });

    test('expired tokens are deleted, and only those', async () => {
      const store = await open();
      await store.add(token());
      await store.add(token({ codeHash: OTHER_HASH, expiresAtSeconds: NOW + 601 }));
      assert.equal(await store.deleteExpired(NOW + 599), 0);
      assert.equal(await store.deleteExpired(NOW + 600), 1);
      assert.equal(await store.use(HASH, NOW), undefined);
      assert.notEqual(await store.use(OTHER_HASH, NOW), undefined);
    });

    test('those of one issuer are deleted, and only those', async () => {
      const store = await open();
      await store.add(token({ issuedBy: ALICE }));
      await store.add(token({ codeHash: OTHER_HASH, issuedBy: BOB }));
      assert.equal(await store.deleteIssuedBy(CAROL), 0);
      assert.equal(await store.deleteIssuedBy(ALICE), 1);
      assert.equal(await store.use(HASH, NOW), undefined);
      assert.notEqual(await store.use(OTHER_HASH, NOW), undefined);
    });

    test('a life without end can be stored', async () => {
      const store = await open();
      const endless = token({ expiresAtSeconds: Number.MAX_SAFE_INTEGER, usesLeft: Number.MAX_SAFE_INTEGER });
      await store.add(endless);
      assert.deepEqual(await store.use(HASH, NOW), endless);
    });
  });
}

/** Registers the suite of a RevocationStore. `open` makes an empty one. */
export function revocationStoreConformance(name: string, open: () => Promise<RevocationStore>): void {
  const revocation = (changes: Partial<Revocation> = {}): Revocation => ({
    issuer: CAROL,
    subject: ALICE,
    revokedAtSeconds: NOW,
    endsAtSeconds: NOW + 100,
    ...changes,
  });
  suite(`revocation store: ${name}`, () => {
    test('what was not revoked is not there', async () => {
      const store = await open();
      assert.equal(await store.get(CAROL, ALICE), undefined);
      assert.deepEqual(await store.list(CAROL, 0, 10), []);
      assert.equal(await store.count(CAROL), 0);
      assert.equal(await store.deleteEnded(Number.MAX_SAFE_INTEGER), 0);
    });

    test('a revocation comes back as it was put, with a number', async () => {
      const store = await open();
      await store.put(revocation());
      const found = await store.get(CAROL, ALICE);
      assert.ok(found !== undefined && found.sequence > 0);
      assert.deepEqual(found, { ...revocation(), sequence: found.sequence });
      assert.equal(await store.get(ALICE, CAROL), undefined, 'of another pair');
    });

    test('numbers grow, also when one is replaced, and the list has their order', async () => {
      const store = await open();
      await store.put(revocation());
      await store.put(revocation({ subject: BOB }));
      const first = await store.list(CAROL, 0, 10);
      assert.deepEqual(
        first.map(({ subject }) => subject),
        [ALICE, BOB],
      );
      await store.put(revocation({ revokedAtSeconds: NOW + 1 }));
      const [bob, alice] = await store.list(CAROL, 0, 10);
      assert.deepEqual([bob?.subject, alice?.subject], [BOB, ALICE]);
      assert.ok((alice?.sequence ?? 0) > (bob?.sequence ?? 0));
      assert.deepEqual(await store.list(CAROL, bob?.sequence ?? 0, 10), [alice]);
      assert.deepEqual(await store.list(CAROL, alice?.sequence ?? 0, 10), []);
      assert.deepEqual(await store.list(CAROL, 0, 1), [bob]);
      assert.equal(await store.count(CAROL), 2);
    });

    test('issuers see nothing of each other', async () => {
      const store = await open();
      await store.put(revocation());
      await store.put(revocation({ issuer: BOB, revokedAtSeconds: NOW + 5 }));
      assert.equal((await store.get(CAROL, ALICE))?.revokedAtSeconds, NOW);
      assert.equal((await store.list(BOB, 0, 10)).length, 1);
    });

    test('what has ended is forgotten, and its number is not given again', async () => {
      const store = await open();
      await store.put(revocation());
      const before = (await store.get(CAROL, ALICE))?.sequence ?? 0;
      assert.equal(await store.deleteEnded(NOW + 99), 0);
      assert.equal(await store.deleteEnded(NOW + 100), 1);
      assert.equal(await store.get(CAROL, ALICE), undefined);
      await store.put(revocation({ subject: BOB }));
      assert.ok(((await store.get(CAROL, BOB))?.sequence ?? 0) > before);
    });
  });
}
