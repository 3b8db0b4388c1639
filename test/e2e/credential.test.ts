import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

const SUBJECT = `I${'5a'.repeat(32)}`;

suite('credentials', () => {
  const place = createPlace();
  after(place.close);

  test('are issued and verified', async () => {
    const issuer = await place.ok('identity', 'create', 'issuer');
    const issue = ['credential', 'issue', '--for', SUBJECT, '-a', 'city=Lima', '-a', 'a=b=c'] as const;
    const said = await place.json<Record<string, unknown>>(...issue, '--output', 'json', '--ttl', '10m');
    assert.deepEqual(said['attributes'], { a: 'b=c', city: 'Lima' });
    assert.deepEqual([said['issuer'], said['subject']], [issuer, SUBJECT]);
    assert.equal(Number(said['expires_at']) - Number(said['created_at']), 600);
    const hex = await place.ok(...issue, '--encoding', 'hex');
    assert.match(hex, /^82[0-9a-f]{200,}$/);
    const file = path.join(place.directory, 'credential');
    writeFileSync(file, `${hex}\n`);
    const verify = ['credential', 'verify', '--issuer', issuer] as const;
    assert.equal(await place.ok(...verify, '--credential', hex), 'true');
    assert.equal(await place.ok(...verify, '--credential-path', file), 'true');
    const both = await place.run([...verify, '--credential', '82', '--credential-path', file]);
    assert.equal(both.code, 64);
    assert.match(both.stderr, /'--credential <HEX>' cannot be used with '--credential-path <FILE>'/);
    const last = hex.endsWith('0') ? '1' : '0';
    assert.equal(await place.ok(...verify, '--credential', hex.slice(0, -1) + last), 'false', 'changed');
    assert.equal(await place.ok(...verify, '--credential', 'xyz'), 'false');
    assert.equal(await place.ok(...verify), 'false', 'none given');
    assert.equal((await place.run([...verify, '--exit-code'])).code, 70);
    assert.equal(
      await place.ok('credential', 'verify', '--issuer', SUBJECT, '--credential', hex),
      'false',
      'another issuer',
    );
  });

  test('are kept for a node once they are verified', async () => {
    const issuer = await place.ok('identity', 'show', 'issuer');
    const hex = await place.ok('credential', 'issue', '--for', SUBJECT, '--encoding', 'hex');
    await place.ok('node', 'create', 'n1');
    const store = ['credential', 'store', '--scope', 'test', '--at', 'n1'] as const;
    const refused = await place.run([...store, '--issuer', SUBJECT, '--credential', hex]);
    assert.equal(refused.code, 70);
    assert.match(refused.stderr, /Credential is not verified/);
    assert.deepEqual(await place.json('credential', 'list', '--at', '/node/n1'), []);
    assert.equal(await place.ok(...store, '--issuer', issuer, '--credential', hex), hex);
    const [kept] = await place.json<{ credential: { credential: string }; is_verified: boolean; scope: string }[]>(
      'credential',
      'list',
    );
    assert.deepEqual([kept?.credential.credential, kept?.is_verified, kept?.scope], [hex, true, 'test']);
    assert.deepEqual(await place.json('credential', 'list', '--subject', issuer), []);
  });

  test('need right arguments', async () => {
    for (const args of [
      ['issue'],
      ['issue', '--for', 'Iaa'],
      ['issue', '--for', SUBJECT, '-a', 'city'],
      ['issue', '--for', SUBJECT, '--ttl', '1h30m'],
      ['store', '--issuer', SUBJECT],
    ]) {
      const ended = await place.run(['credential', ...args]);
      assert.equal(ended.code, 64, args.join(' '));
      assert.match(ended.stderr, /^error: /);
    }
    const unknown = await place.run(['credential', 'issue', '--for', SUBJECT, '--as', 'nobody']);
    assert.equal(unknown.code, 70);
    assert.match(unknown.stderr, /no identifier found with name nobody/);
  });
});
