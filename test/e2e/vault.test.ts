import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
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
