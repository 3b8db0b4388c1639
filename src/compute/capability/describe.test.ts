import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeGrants } from './describe.ts';
import { DEFAULT_CEILING, intersectGrants, NO_GRANTS } from './grants.ts';
import { parseCapabilities } from './parse.ts';

test('the least a function may do', () => {
  assert.deepEqual(describeGrants(NO_GRANTS), [
    'read and change fields of its request',
    'set response headers',
    'write log lines',
  ]);
});

test('every power has its line, and secrets appear by name only', () => {
  const parsed = parseCapabilities({
    capabilities: {
      http: {
        enabled: true,
        rules: {
          allowedDomains: ['*.a.com', 'b.com'],
          blockedDomains: ['x.a.com'],
          allowedPorts: [8080],
          blockedPorts: [80],
          allowedNetworks: ['10.0.0.0/8'],
          blockedNetworks: ['8.8.8.0/24'],
        },
      },
      graphql: { enabled: true, rules: { allowHTTP: true, allowIPs: true, allowPrivate: true } },
      auth: { headers: { 'b.com:8443': { value: 'hunter2' }, 'a.com': { value: 'env(TOKEN)', allowHTTP: true } } },
      db: {
        enabled: true,
        queries: [{ name: 'users', query: 'select 1' }],
        rules: { allowPrivate: true, allowedPorts: [5432] },
        dbType: 'pgx',
        connectionString: 'postgres://me:hunter2@db/',
      },
      secrets: { enabled: true, env: { allowedKeys: ['STRIPE'] } },
      cache: { enabled: true, rules: { allowSet: false } },
      file: { enabled: true },
      requestHandler: { enabled: false },
      logger: { enabled: false },
    },
  });
  assert.ok(parsed.ok);
  assert.deepEqual(describeGrants(parsed.grants), [
    'send HTTP requests over https to *.a.com, b.com; by name only; not to x.a.com; ports 443, 8080; in public networks, 10.0.0.0/8; never in 8.8.8.0/24',
    'send GraphQL queries over http and https to any host; any port; in public networks, private networks and this machine',
    'be authorized at b.com port 8443',
    'be authorized at a.com from environment variable TOKEN, also over plain http',
    'run database queries: users (select)',
    '  on a postgresql database at any host; ports 80, 443, 5432; in public networks, private networks and this machine',
    'read secrets: STRIPE',
    'read the cache',
    "read the application's static files",
  ]);
});

test('an intersection is shown as the conjunction it is', () => {
  const parsed = parseCapabilities({}, { compat: 'suborbital' });
  assert.ok(parsed.ok);
  const lines = describeGrants(intersectGrants(parsed.grants, DEFAULT_CEILING));
  assert.equal(
    lines[0],
    'send HTTP requests over http and https to any host; any port; in public networks, private networks and this machine',
  );
  assert.equal(lines[1], '  and only over http and https to any host; any port; in public networks');
  assert.deepEqual(
    describeGrants({ ...NO_GRANTS, http: { enabled: true, rules: [] } })[0],
    'send HTTP requests: nowhere, there are no rules',
  );
});
