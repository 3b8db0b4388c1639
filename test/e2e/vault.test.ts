import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

suite('vaults', () => {
  const place = createPlace();
  after(place.close);

  test('the first one is in the database, others are files', async () => {
    assert.deepEqual(await place.json('vault', 'list'), []);
    const first = await place.run(['vault', 'create']);
    assert.equal(first.stdout, 'default');
    assert.match(first.stderr, /This is the first vault/);
    assert.equal(await place.ok('vault', 'create', 'work'), 'work');
    const file = path.join(place.home, 'vault-work');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(await place.json('vault', 'list'), [
      { vault: { is_default: true, name: 'default', vault_type: { DatabaseVault: { use_aws_kms: 'No' } } } },
      { vault: { is_default: false, name: 'work', vault_type: { LocalFileVault: { path: file, use_aws_kms: 'No' } } } },
    ]);
    assert.equal(await place.ok('vault', 'show'), 'default');
  });

  test('keep the keys of identities, also after they were moved', async () => {
    const identifier = await place.ok('identity', 'create', 'alice', '--vault', 'work');
    const issue = ['credential', 'issue', '--for', identifier, '--as', 'alice'] as const;
    await place.ok(...issue);
    const target = path.join(place.directory, 'moved');
    const moved = await place.run(['vault', 'move', 'work', '--path', target]);
    assert.equal(moved.code, 0);
    assert.match(moved.stderr, /Moved the vault work to/);
    assert.equal(existsSync(path.join(place.home, 'vault-work')), false);
    assert.equal(statSync(target).mode & 0o777, 0o600);
    await place.ok(...issue);
    const used = await place.run(['vault', 'delete', 'work', '--yes']);
    assert.equal(used.code, 70);
    assert.match(used.stderr, /cannot be deleted because it is used by: alice/);
    await place.ok('identity', 'delete', 'alice', '--yes');
    assert.equal(await place.ok('vault', 'delete', 'work', '--yes'), 'work');
    assert.equal(existsSync(target), false);
  });

  test('serve running nodes, and stay where they are for that time', async () => {
    await place.ok('identity', 'create', 'bob', '--vault', 'served');
    await place.ok('node', 'create', 'n1', '--identity', 'bob');
    const target = path.join(place.directory, 'served');
    const refused = await place.run(['vault', 'move', 'served', '--path', target]);
    assert.equal(refused.code, 70);
    assert.match(refused.stderr, /is used by the running node\(s\): n1/);
    assert.equal(existsSync(target), false);
    await place.ok('node', 'stop', 'n1');
    await place.ok('vault', 'move', 'served', '--path', target);
    await place.ok('node', 'start', 'n1');
  });

  test('are moved by the same command again, wherever it was interrupted before', async () => {
    const [from, to] = [path.join(place.directory, 'travels'), path.join(place.directory, 'travelled')];
    await place.ok('vault', 'create', 'travels', '--path', from);
    await place.ok('identity', 'create', 'carol', '--vault', 'travels');
    const move = ['vault', 'move', 'travels', '--path', to] as const;
    const note = (sql: string, ...values: string[]): void => {
      using database = new DatabaseSync(path.join(place.home, 'database.sqlite3'));
      database.prepare(sql).run(...values);
    };
    const isAt = async (file: string, other: string): Promise<void> => {
      assert.deepEqual([existsSync(file), existsSync(other)], [true, false]);
      await place.ok('credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', 'carol');
      const { vault } = await place.json<{ vault: { vault_type: unknown } }>(
        'vault',
        'show',
        'travels',
        '--output',
        'json',
      );
      assert.deepEqual(vault.vault_type, { LocalFileVault: { path: file, use_aws_kms: 'No' } });
    };
    // As if it had been killed while it copied: the place is noted, and a part of the file is there.
    writeFileSync(to, readFileSync(from).subarray(0, 5000));
    assert.equal((await place.run(move)).code, 70, 'what is not known to be a part of it is not written over');
    note('UPDATE vault SET leftover = ? WHERE name = ?', to, 'travels');
    await isAt(from, 'nothing');
    await place.ok(...move);
    await isAt(to, from);
    // As if it had been killed before it deleted the old file.
    copyFileSync(to, from);
    note('UPDATE vault SET leftover = ? WHERE name = ?', from, 'travels');
    await place.ok(...move);
    await isAt(to, from);
    await place.ok(...move);
    await isAt(to, from);
    const [old, fresh] = [path.join(place.directory, 'empty'), path.join(place.directory, 'third')];
    writeFileSync(old, '', { mode: 0o644 });
    await place.ok('vault', 'move', 'travels', '--path', old);
    assert.equal(statSync(old).mode & 0o777, 0o600, 'an empty file is nothing');
    await isAt(old, to);
    // What is left goes with the vault, too.
    writeFileSync(fresh, 'a part');
    note('UPDATE vault SET leftover = ? WHERE name = ?', fresh, 'travels');
    await place.ok('identity', 'delete', 'carol', '--yes');
    await place.ok('vault', 'delete', 'travels', '--yes');
    assert.deepEqual([existsSync(old), existsSync(fresh)], [false, false]);
  });

  test('are whole when the command that moves one is killed, at any moment', async () => {
    const files = [path.join(place.directory, 'here'), path.join(place.directory, 'there')];
    await place.ok('vault', 'create', 'pulled', '--path', path.join(place.directory, 'first'));
    await place.ok('identity', 'create', 'dora', '--vault', 'pulled');
    for (let i = 0; i < 8; i++) {
      const { child, ended } = place.start(['vault', 'move', 'pulled', '--path', files[i % 2] ?? '']);
      // Spread over the life of the command.
      const timer = setTimeout(() => child.kill('SIGKILL'), 60 + 40 * i);
      await ended;
      clearTimeout(timer);
      await place.ok('credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', 'dora');
    }
    const [last = '', other = ''] = files;
    await place.ok('vault', 'move', 'pulled', '--path', last);
    await place.ok('credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', 'dora');
    const copies = [last, other, path.join(place.directory, 'first')].filter((file) => existsSync(file));
    assert.deepEqual(copies, [last]);
  });

  test('lose no key that is made while they are moved', async () => {
    await place.ok('vault', 'create', 'busy', '--path', path.join(place.directory, 'b'));
    const names = Array.from({ length: 6 }, (_, i) => `busy${i}`);
    const over: string[] = [];
    const create = async (name: string): Promise<void> => {
      for (;;) {
        const { code, stderr } = await place.run(['identity', 'create', name, '--vault', 'busy']);
        if (code === 0) return;
        assert.match(stderr, /code: (\w+ ← )*NODE_(IN_USE|VAULT)/);
      }
    };
    const creating = Promise.all(names.map((name) => create(name).finally(() => over.push(name))));
    for (let i = 0; over.length < names.length; i++) {
      const file = path.join(place.directory, `b${i}`);
      const { code, stderr } = await place.run(['vault', 'move', 'busy', '--path', file]);
      if (code !== 0) assert.match(stderr, /code: NODE_IN_USE/);
    }
    await creating;
    for (const name of names) await place.ok('credential', 'issue', '--for', `I${'5a'.repeat(32)}`, '--as', name);
    assert.equal(readdirSync(place.directory).filter((file) => /^b\d*$/.test(file)).length, 1);
  });

  test('refuse what would harm', async () => {
    const refuses = async (args: readonly string[], code: number, message: RegExp): Promise<void> => {
      const ended = await place.run(args);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    };
    const database = path.join(place.home, 'database.sqlite3');
    await refuses(['vault', 'create', 'default'], 70, /A vault named default already exists/);
    await refuses(['vault', 'create', 'x', '--path', database], 70, /there is something at/);
    await refuses(['vault', 'create', '../x'], 70, /NODE_INVALID_NAME/);
    await refuses(['vault', 'create', 'x', '--aws-kms'], 70, /AWS KMS vaults are not available/);
    await refuses(['vault', 'move', 'default', '--path', '/nowhere'], 70, /is in the database of the home/);
    await refuses(['vault', 'move', 'default'], 64, /--path <PATH>/);
    await refuses(['vault', 'show', 'nobody'], 70, /The vault nobody was not found/);
    await refuses(['identity', 'create', 'k', '--key-id', 'a'], 70, /Vault default is not a KMS vault/);
    await place.ok('vault', 'create', 'v2');
    await refuses(['vault', 'move', 'v2', '--path', database], 70, /cannot be written to/);
    assert.ok(existsSync(path.join(place.home, 'vault-v2')), 'it stayed where it was');
  });

  test('go with a reset', async () => {
    const file = path.join(place.directory, 'elsewhere');
    await place.ok('vault', 'create', 'v3', '--path', file);
    assert.ok(existsSync(file));
    await place.ok('reset', '--yes');
    assert.equal(existsSync(file), false);
    assert.deepEqual(await place.json('vault', 'list'), []);
  });
});
