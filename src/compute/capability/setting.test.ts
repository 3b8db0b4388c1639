import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentNames, substituteEnvironment } from './environment.ts';
import { type Grants, NO_GRANTS } from './grants.ts';
import { allowListedEnvironment, parseSetting, resolveSetting } from './setting.ts';

const { signal } = new AbortController();

test('only a whole value refers to the environment', () => {
  assert.deepEqual(parseSetting('env(API_TOKEN)'), { env: 'API_TOKEN' });
  for (const text of [
    '',
    'x',
    'x-env(A)',
    'env(A) ',
    'env()',
    'env(A B)',
    'env(1A)',
    'ENV(A)',
    'env(A)env(B)',
    'env(A)\n',
  ]) {
    assert.deepEqual(parseSetting(text), { text }, text);
  }
});

test('only allowed names exist', async () => {
  const environment = allowListedEnvironment({ A: 'a', B: 'b' }, ['A', 'missing', 'toString', '__proto__']);
  const value = (name: string): Promise<string> => resolveSetting({ env: name }, environment, signal);
  assert.equal(await value('A'), 'a');
  for (const name of ['B', 'missing', 'toString', '__proto__', 'constructor'])
    assert.equal(await value(name), '', name);
  assert.equal(await resolveSetting({ env: 'A' }, undefined, signal), '');
  assert.equal(await resolveSetting({ text: 'plain' }, undefined, signal), 'plain');
});

test('the gateway sees which names are needed and fills them in', async () => {
  const header = { headerType: 'bearer', allowHTTP: false };
  const grants: Grants = {
    ...NO_GRANTS,
    auth: {
      enabled: true,
      headers: [
        { ...header, host: 'a.b', value: { env: 'A' } },
        { ...header, host: 'c.d', value: { env: 'B' } },
        { ...header, host: 'e.f', value: { text: 'env(A)' } },
      ],
    },
  };
  const database = { type: 'mysql', connectionString: { env: 'DB' } } as const;
  const redis = { serverAddress: { env: 'A' }, username: { text: '' }, password: { env: 'PW' } };
  assert.deepEqual(environmentNames(grants, { database, redis }), ['A', 'B', 'PW', 'DB']);
  const filled = await substituteEnvironment(
    grants,
    allowListedEnvironment({ A: 'secret', B: 'hidden' }, ['A']),
    signal,
  );
  assert.deepEqual(
    filled.auth.headers.map(({ value }) => value),
    [{ text: 'secret' }, { text: '' }, { text: 'env(A)' }],
  );
  assert.deepEqual(environmentNames(filled), []);
  const withDatabase = { ...grants, database: { ...grants.database, connection: database } };
  assert.deepEqual(environmentNames(withDatabase), ['A', 'B', 'DB']);
  const connected = await substituteEnvironment(withDatabase, allowListedEnvironment({ DB: 'env(A)' }, ['DB']), signal);
  assert.deepEqual(connected.database.connection, { type: 'mysql', connectionString: { text: 'env(A)' } });
  assert.equal(Object.isFrozen(filled.auth.headers[0]), true);
});
