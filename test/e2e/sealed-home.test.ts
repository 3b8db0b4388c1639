import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, suite, test } from 'node:test';
import { createPlace, type Ended } from './world.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'reads /proc' };

suite('a home whose secret keys are sealed', { concurrency: 1 }, () => {
  const place = createPlace();
  after(place.close);
  const PASSPHRASE = 'correct horse battery staple';
  const passphraseFile = path.join(place.directory, 'passphrase');
  const otherFile = path.join(place.directory, 'other');
  const keyFile = path.join(place.directory, 'key');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
  writeFileSync(otherFile, 'not that one');
  const freshKey = path.join(place.directory, 'fresh-key');
  for (const file of [keyFile, freshKey]) writeFileSync(file, crypto.getRandomValues(new Uint8Array(32)));
  const byPassphrase = { PERIGEE_PASSPHRASE_FILE: passphraseFile };
  const byKeyFile = { PERIGEE_KEY_FILE: keyFile };

  const issue = (env: Readonly<Record<string, string>> = {}, as = 'alice'): Promise<Ended> =>
    place.run(['credential', 'issue', '--for', `I${'a'.repeat(64)}`, '--as', as], { env });
  const fails = ({ code, stdout, stderr }: Ended, expected: string): void => {
    assert.equal(code, 70, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`code: (\\w+ ← )*${expected}`));
    assert.match(stderr, /help: /);
    assert.ok(!stderr.includes(PASSPHRASE));
  };
  /** Secrets as they are in the database. */
  const secrets = (file: string): readonly Uint8Array[] => {
    using database = new DatabaseSync(file, { readOnly: true });
    return database
      .prepare('SELECT secret FROM secret')
      .all()
      .map(({ secret }) => secret as Uint8Array);
  };
  const database = path.join(place.home, 'database.sqlite3');
  /** Every byte that is kept in the home. */
  const everything = (): Buffer =>
    Buffer.concat(
      readdirSync(place.home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(path.join(entry.parentPath, entry.name))),
    );
  let plain: readonly Uint8Array[] = [];

  test('what was plain is sealed, in the database and in the file of a vault', async () => {
    await place.ok('identity', 'create', 'alice');
    await place.ok('identity', 'create', 'bob', '--vault', 'work');
    plain = [...secrets(database), ...secrets(path.join(place.home, 'vault-work'))];
    assert.equal(plain.length, 2);
    for (const secret of plain) assert.ok(everything().includes(secret));
    fails(await place.run(['vault', 'seal']), 'STORAGE_KEY_MISSING');
    const sealed = await place.run(['vault', 'seal', '--output', 'json'], { env: byPassphrase });
    assert.deepEqual(
      (JSON.parse(sealed.stdout) as readonly { readonly outcome: string }[]).map(({ outcome }) => outcome),
      ['sealed', 'sealed'],
    );
    for (const secret of plain) assert.ok(!everything().includes(secret), 'a plain secret is left');
    assert.ok(!everything().includes(PASSPHRASE));
  });

  test('it is used with the passphrase only', async () => {
    for (const as of ['alice', 'bob']) {
      assert.equal((await issue(byPassphrase, as)).code, 0);
      fails(await issue({}, as), 'STORAGE_KEY_MISSING');
      fails(await issue({ PERIGEE_PASSPHRASE_FILE: otherFile }, as), 'STORAGE_WRONG_KEY');
      fails(await issue(byKeyFile, as), 'STORAGE_WRONG_KEY');
    }
    fails(await place.run(['identity', 'create', 'carol']), 'STORAGE_KEY_MISSING');
    const names = (await place.json<readonly { name: string }[]>('identity', 'list')).map(({ name }) => name);
    assert.deepEqual(names, ['alice', 'bob'], 'what needs no secret needs no key');
    const made = await place.run(['identity', 'create', 'dave'], { env: byPassphrase });
    assert.equal(made.code, 0, made.stderr);
  });

  test('what is no key is told as such', async () => {
    fails(await issue({ ...byPassphrase, ...byKeyFile }), 'STORAGE_INVALID_KEY');
    const short = path.join(place.directory, 'short');
    writeFileSync(short, 'too short');
    const long = path.join(place.directory, 'long');
    writeFileSync(long, 'x'.repeat(1025));
    const binary = path.join(place.directory, 'binary');
    writeFileSync(binary, Uint8Array.of(0xff, 0xfe));
    for (const file of [path.join(place.directory, 'nothing'), place.directory, '/dev/zero', short]) {
      fails(await place.run(['vault', 'seal', '--new-key-file', file], { env: byPassphrase }), 'STORAGE_INVALID_KEY');
    }
    for (const file of [path.join(place.directory, 'nothing'), '/dev/zero', long, binary]) {
      fails(await issue({ PERIGEE_PASSPHRASE_FILE: file }), 'STORAGE_INVALID_KEY');
    }
    const both = ['vault', 'seal', '--new-key-file', keyFile, '--new-passphrase-file', passphraseFile];
    assert.equal((await place.run(both, { env: byPassphrase })).code, 64);
    assert.equal((await issue(byPassphrase)).code, 0, 'all is as it was');
  });

  test(
    'a node in the background gets the key, and no secret is in its arguments, environment or log',
    ON_LINUX,
    async () => {
      fails(await place.run(['node', 'create', 'n1', '--identity', 'alice']), 'STORAGE_KEY_MISSING');
      await place.run(['node', 'delete', 'n1', '--yes']);
      const made = await place.run(['node', 'create', 'n1', '--identity', 'alice'], { env: byPassphrase });
      assert.equal(made.code, 0, made.stderr);
      const { pid } = await place.json<{ pid: number }>('node', 'show', 'n1');
      for (const name of ['cmdline', 'environ']) {
        assert.ok(!readFileSync(`/proc/${pid}/${name}`).includes(PASSPHRASE), name);
      }
      const talk = await place.run(['secure-channel', 'create', '--from', 'n1', '--to', '/node/n1/service/api']);
      assert.equal(talk.code, 0, talk.stderr);
      assert.ok(!everything().includes(PASSPHRASE));
      for (const secret of plain) assert.ok(!everything().includes(secret));
    },
  );

  test('what seals it is changed, also when that was interrupted; a node that runs goes on', async () => {
    fails(
      await place.run(['vault', 'seal', '--new-key-file', keyFile], { env: { PERIGEE_PASSPHRASE_FILE: otherFile } }),
      'STORAGE_WRONG_KEY',
    );
    const seal = async (): Promise<readonly string[]> => {
      const args = ['vault', 'seal', '--new-key-file', keyFile, '--output', 'json'];
      const { code, stdout, stderr } = await place.run(args, { env: byPassphrase });
      assert.equal(code, 0, stderr);
      return (JSON.parse(stdout) as readonly { readonly outcome: string }[]).map(({ outcome }) => outcome);
    };
    const before = readFileSync(path.join(place.home, 'vault-work'));
    assert.deepEqual(await seal(), ['changed', 'changed']);
    // As if it had ended between the two.
    writeFileSync(path.join(place.home, 'vault-work'), before);
    assert.deepEqual(await seal(), ['kept', 'changed']);
    for (const as of ['alice', 'bob']) {
      assert.equal((await issue(byKeyFile, as)).code, 0);
      fails(await issue(byPassphrase, as), 'STORAGE_WRONG_KEY');
    }
    const talk = await place.run(['secure-channel', 'create', '--from', 'n1', '--to', '/node/n1/service/api']);
    assert.equal(talk.code, 0, talk.stderr);
    await place.ok('node', 'stop', 'n1');
    fails(await place.run(['node', 'start', 'n1'], { env: byPassphrase }), 'STORAGE_WRONG_KEY');
    assert.equal((await place.run(['node', 'start', 'n1'], { env: byKeyFile })).code, 0);
  });

  test('a project that is hosted here has its keys sealed, too', async () => {
    const created = await place.run(['project', 'create', 'default', 'p1'], { env: byKeyFile });
    assert.equal(created.code, 0, created.stderr);
    const [id = ''] = readdirSync(path.join(place.home, 'projects'));
    const sealedBy = async (env: Readonly<Record<string, string>>): Promise<string | undefined> => {
      const args = ['vault', 'seal', '--new-key-file', freshKey, '--output', 'json'];
      const { code, stdout, stderr } = await place.run(args, { env });
      assert.equal(code, 0, stderr);
      const rows = JSON.parse(stdout) as readonly { readonly outcome: string; readonly path: string }[];
      return rows.find((row) => row.path.includes(id))?.outcome;
    };
    assert.equal(await sealedBy(byKeyFile), 'changed');
    await place.ok('project', 'stop', 'p1');
    fails(await place.run(['project', 'start', 'p1'], { env: byKeyFile }), 'STORAGE_WRONG_KEY');
    fails(await place.run(['project', 'start', 'p1']), 'STORAGE_KEY_MISSING');
    const started = await place.run(['project', 'start', 'p1'], { env: { PERIGEE_KEY_FILE: freshKey } });
    assert.equal(started.code, 0, started.stderr);
    assert.equal(await sealedBy({ PERIGEE_KEY_FILE: freshKey }), 'kept');
  });

  test('all of it is plain again by its key, also when that was interrupted', async () => {
    const fresh = { PERIGEE_KEY_FILE: freshKey };
    const unseal = (env: Readonly<Record<string, string>>): Promise<Ended> =>
      place.run(['vault', 'unseal', '--yes', '--output', 'json'], { env });
    const outcomes = async (): Promise<readonly string[]> => {
      const { code, stdout, stderr } = await unseal(fresh);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Unset PERIGEE_KEY_FILE and PERIGEE_PASSPHRASE_FILE now/);
      return (JSON.parse(stdout) as readonly { readonly outcome: string }[]).map(({ outcome }) => outcome);
    };
    const busy = await unseal(fresh);
    assert.deepEqual([busy.code, busy.stdout], [70, '']);
    assert.match(busy.stderr, /the secret keys are used by [\s\S]*code: NODE_IN_USE/);
    await place.ok('node', 'stop', 'n1');
    await place.ok('project', 'stop', 'p1');
    const unsure = await place.run(['vault', 'unseal'], { env: fresh });
    assert.equal(unsure.code, 70, 'not without confirmation');
    fails(await unseal({}), 'STORAGE_KEY_MISSING');
    fails(await unseal(byPassphrase), 'STORAGE_WRONG_KEY');
    fails(await issue(), 'STORAGE_KEY_MISSING');
    const vault = path.join(place.home, 'vault-work');
    const before = readFileSync(vault);
    assert.deepEqual(await outcomes(), ['unsealed', 'unsealed', 'unsealed']);
    // As if it had ended between the first and the second.
    writeFileSync(vault, before);
    assert.deepEqual(await outcomes(), ['plain', 'unsealed', 'plain']);
    for (const secret of plain) assert.ok(everything().includes(secret));
    for (const as of ['alice', 'bob', 'dave']) assert.equal((await issue({}, as)).code, 0);
    await place.ok('project', 'start', 'p1');
    await place.ok('node', 'start', 'n1');
    await place.ok('node', 'stop', 'n1');
    await place.ok('project', 'stop', 'p1');
    assert.equal((await place.run(['vault', 'seal'], { env: fresh })).code, 0);
    for (const secret of plain) assert.ok(!everything().includes(secret), 'a plain secret is left');
  });

  test('the rows of two keys cannot be exchanged', async () => {
    {
      using open = new DatabaseSync(database);
      const rows = open.prepare("SELECT handle, secret FROM secret WHERE algorithm = 'ed25519'").all();
      const put = open.prepare('UPDATE secret SET secret = ? WHERE handle = ?');
      // Each in the place of the next one.
      rows.forEach(({ handle }, at) => put.run(rows.at(at - 1)?.['secret'] ?? null, handle ?? null));
    }
    const fresh = { PERIGEE_KEY_FILE: freshKey };
    const codes = [await issue(fresh, 'alice'), await issue(fresh, 'dave')];
    for (const ended of codes) assert.match(ended.stderr, /code: STORAGE_CORRUPT/);
  });
});
