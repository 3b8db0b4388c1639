import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

interface Listed {
  readonly name: string;
  readonly identifier: string;
  readonly is_default: boolean;
}

suite('identities', () => {
  const place = createPlace();
  after(place.close);

  test('are made, shown and listed', async () => {
    const identifier = await place.ok('identity', 'create', 'alice');
    assert.match(identifier, /^I[0-9a-f]{64}$/, 'without a newline when piped');
    assert.equal(await place.ok('identity', 'create', 'alice'), identifier, 'the name stands for one identity');
    assert.equal(await place.ok('identity', 'show'), identifier, 'the first one is the default');
    assert.equal(await place.ok('identity', 'show', 'alice', '--compact-output'), `{"identifier":"${identifier}"}`);
    const full = await place.ok('identity', 'show', '--full');
    assert.match(full, new RegExp(`^Identifier: ${identifier}\n  Change\\[0\\]:\n    identifier: +[0-9a-f]{64}\n`));
    assert.match(full, /primary_public_key: +EdDSACurve25519: [0-9a-f]{64}\n {4}revoke_all_purpose_keys: false$/);
    assert.match(await place.ok('identity', 'show', '--full', '--encoding', 'hex'), /^[0-9a-f]{200,}$/);
    assert.deepEqual(await place.json('identity', 'list'), [
      { identifier, is_default: true, name: 'alice', vault_name: 'default' },
    ]);
  });

  test('have a default one, which can be changed', async () => {
    await place.ok('identity', 'create', 'bob');
    assert.match(await place.ok('identity', 'default'), /The name of the default identity is 'alice'$/);
    assert.equal(await place.ok('identity', 'default', 'bob'), 'bob');
    const again = await place.run(['identity', 'default', 'bob']);
    assert.equal(again.code, 70);
    assert.match(again.stderr, /× The identity named 'bob' is already the default/);
    const unknown = await place.run(['identity', 'default', 'nobody']);
    assert.equal(unknown.code, 70);
    assert.match(unknown.stderr, /no identifier found with name nobody/);
  });

  test('of others get a name by their change history', async () => {
    const history = await place.ok('identity', 'show', 'alice', '--full', '--encoding', 'hex');
    const elsewhere = createPlace();
    after(elsewhere.close);
    assert.match(
      await elsewhere.ok('identity', 'create', 'friend', '--identity', history),
      /Identity imported successfully with name friend$/,
    );
    assert.equal(await elsewhere.ok('identity', 'show', 'friend'), await place.ok('identity', 'show', 'alice'));
    const changed = history.slice(0, -1) + (history.endsWith('0') ? '1' : '0');
    assert.equal((await elsewhere.run(['identity', 'create', 'foe', '--identity', changed])).code, 70);
    assert.match((await elsewhere.run(['identity', 'show', 'foe'])).stderr, /no identifier found with name "foe"/);
    const taken = await place.run(['identity', 'create', 'bob', '--identity', history]);
    assert.match(taken.stderr, /the name "bob" stands for another identity/);
  });

  test('are deleted when that is confirmed', async () => {
    const unconfirmed = await place.run(['identity', 'delete', 'bob']);
    assert.equal(unconfirmed.code, 70);
    assert.match(unconfirmed.stderr, /× Use --yes to confirm/);
    assert.deepEqual(await place.run(['identity', 'delete']), { code: 0, stdout: '', stderr: '' });
    assert.equal(await place.ok('identity', 'delete', 'bob', '--yes'), 'bob');
    assert.match((await place.run(['identity', 'delete', 'bob', '--yes'])).stderr, /The identity bob was not found/);
    const left = await place.json<Listed[]>('identity', 'list');
    assert.deepEqual(
      left.map(({ name, is_default }) => [name, is_default]),
      [['alice', true]],
    );
    assert.deepEqual(await place.json('identity', 'delete', '--all', '-y', '--output', 'json'), [{ name: 'alice' }]);
    assert.deepEqual(await place.json('identity', 'delete', '--all', '-y'), []);
  });

  test('are in files that only their owner reads', () => {
    assert.equal(statSync(place.home).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(place.home, 'database.sqlite3')).mode & 0o777, 0o600);
  });

  test('64 commands at once, 16 at a time, leave the home consistent', async () => {
    const names = Array.from({ length: 64 }, (_, i) => `id-${i % 32}`);
    const identifiers = new Map<string, Set<string>>();
    const worker = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        const identifier = await place.ok('identity', 'create', name);
        identifiers.set(name, (identifiers.get(name) ?? new Set()).add(identifier));
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const listed = await place.json<Listed[]>('identity', 'list');
    assert.equal(listed.length, 32);
    assert.equal(listed.filter(({ is_default }) => is_default).length, 1);
    for (const { name, identifier } of listed) assert.deepEqual([...(identifiers.get(name) ?? [])], [identifier]);
  });
});
