import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf as codeBlock } from '../../../test/support/capability-tables.ts';
import { codeOf } from '../../../test/support/hostile.ts';
import { hasCode } from '../../kernel/index.ts';
import { DEFAULT_CEILING, type Grants, NO_GRANTS } from './grants.ts';
import { decodeGrants, encodeGrants, GRANTS_MAX_LENGTH } from './grants-text.ts';
import { parseCapabilities } from './parse.ts';

type Tree = { [key: string]: unknown };

const WORKED = codeBlock('10', 'json');

test('the worked text of the specification decodes, encodes back, and is what a Directive gives', () => {
  const grants = decodeGrants(WORKED);
  assert.equal(encodeGrants(grants), WORKED);
  const parsed = parseCapabilities({
    capabilities: {
      http: {
        enabled: true,
        rules: { allowedDomains: ['*.example.com'], allowedPorts: [8443], allowedNetworks: ['10.1.0.0/16'] },
      },
      auth: { headers: { 'api.example.com:8443': { value: 'env(API_TOKEN)' } } },
      secrets: { enabled: true, env: { allowedKeys: ['STRIPE_KEY'] } },
      db: {
        enabled: true,
        queries: [{ name: 'user', query: 'SELECT * FROM users WHERE id = $1' }],
        rules: { allowedNetworks: ['10.1.0.0/16'] },
      },
    },
    connections: { database: { type: 'postgresql', connectionString: 'env(DATABASE_URL)' } },
  });
  assert.ok(parsed.ok);
  assert.deepEqual(grants, parsed.grants);
});

test('every grants value survives the journey, frozen', () => {
  for (const grants of [NO_GRANTS, DEFAULT_CEILING]) {
    const decoded = decodeGrants(encodeGrants(grants));
    assert.deepEqual(decoded, grants);
    assert.equal(Object.isFrozen(decoded.http.rules[0]?.allowedDomains), true);
  }
});

test('rules of a database are left out when they are the public ones', () => {
  assert.match(encodeGrants(DEFAULT_CEILING), /"database":\{"enabled":false,"queries":\[\]\}/);
  const text = WORKED.replace(/"rules":\[\{[^}]*"10\.1\.0\.0\/16"\][^}]*\}\],"connection":\{[^}]*\}\}/, '"rules":[]');
  assert.deepEqual(decodeGrants(text).database.rules, [], 'no rules allow nothing');
});

test('every truncation and every changed character is refused or read, never another error', () => {
  for (let length = 0; length < WORKED.length; length++) {
    assert.equal(
      codeOf(() => decodeGrants(WORKED.slice(0, length))),
      'CAPABILITY_MALFORMED_GRANTS',
    );
  }
  for (let at = 0; at < WORKED.length; at++) {
    for (const char of ['"', '}', '9'])
      codeOf(() => decodeGrants(WORKED.slice(0, at) + char + WORKED.slice(at + 1)), 'CAPABILITY_');
  }
});

test('anything missing, unknown or out of range refuses the whole', () => {
  const worked = JSON.parse(WORKED) as Tree;
  /** The worked text with the member at `path` set to `value`; without a value it is taken out. */
  const change = (path: string, value?: unknown): string => {
    const copy = structuredClone(worked);
    const keys = path.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce<Tree>((tree, key) => tree[key] as Tree, copy);
    if (value === undefined) Reflect.deleteProperty(parent, last);
    else parent[last] = value;
    return JSON.stringify(copy);
  };
  const texts = [
    change('format', 2),
    change('format'),
    change('grants.http'),
    change('grants.http.rules.0.allowPrivate'),
    change('grants.http.rules.0.surprise', true),
    change('grants.http.rules.0.allowedNetworks', ['10.0.0.1/8']),
    change('grants.http.rules.0.matcher', 'glob'),
    change('grants.http.rules', {}),
    change('grants.http.enabled', 'true'),
    change('grants.auth.headers.0.port', 65536),
    change('grants.auth.headers.0.value', { text: 'a', env: 'b' }),
    change('grants.secrets.allowedKeys', 'every'),
    change('grants.database.queries.0.type', 'drop'),
    change('grants.database.rules', [{}]),
    change('grants.database.connection.type', 'sqlite'),
    change('grants.database.connection.connectionString', 'postgres://x'),
    '['.repeat(100_000),
    'null',
    '[]',
    ' '.repeat(GRANTS_MAX_LENGTH + 1),
  ];
  assert.equal(change('format', 1), WORKED);
  for (const text of texts)
    assert.throws(
      () => decodeGrants(text),
      (error) => hasCode(error, 'CAPABILITY_MALFORMED_GRANTS'),
      text.slice(0, 80),
    );
});

test('an error does not quote the text, which may hold secrets', () => {
  const secret: Grants = {
    ...NO_GRANTS,
    auth: {
      enabled: true,
      headers: [{ host: 'a.b', headerType: 'bearer', value: { text: 'hunter2' }, allowHTTP: false }],
    },
  };
  const text = encodeGrants(secret);
  for (const broken of [text.slice(0, -3), text.replace('"allowHTTP":false}]', '"allowHTTP":0}]')]) {
    assert.throws(
      () => decodeGrants(broken),
      (error: Error) => !`${error.stack} ${String(error.cause)}`.includes('hunter2'),
    );
  }
});
