import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createGate, parseIp, PUBLIC_RULE, STRICT_RULE } from '../egress/index.ts';
import { DEFAULT_CEILING, type Grants, intersectGrants, NO_GRANTS } from './grants.ts';
import { parseCapabilities } from './parse.ts';

const switches = fc.boolean();
const network = fc.record({
  enabled: switches,
  rules: fc.subarray([PUBLIC_RULE, STRICT_RULE, { ...STRICT_RULE, allowPrivate: true }]),
});
const anyGrants: fc.Arbitrary<Grants> = fc.record({
  logger: fc.record({ enabled: switches }),
  http: network,
  graphql: network,
  auth: fc.record({
    enabled: switches,
    headers: fc.subarray([{ host: 'a.b', headerType: 'bearer', value: { text: 'x' }, allowHTTP: false }]),
  }),
  cache: fc.record({ enabled: switches, allowGet: switches, allowSet: switches, allowDelete: switches }),
  file: fc.record({ enabled: switches }),
  database: fc.record({
    enabled: switches,
    queries: fc.subarray([{ name: 'q', type: 'select' as const, variables: 0, text: 'select 1' }]),
    rules: network.map(({ rules }) => rules),
    connection: fc.constant({ type: 'mysql' as const, connectionString: { text: 'secret' } }),
  }),
  requestHandler: fc.record({ enabled: switches, allowGetField: switches, allowSetField: switches }),
  secrets: fc.record({
    enabled: switches,
    allowedKeys: fc.oneof(fc.constant('any' as const), fc.subarray(['A', 'B', 'C'])),
  }),
});

/** Every switch by its path, secrets by name. */
function powers(grants: Grants): string[] {
  const { allowedKeys } = grants.secrets;
  const flags = Object.entries(grants).flatMap(([section, members]) =>
    Object.entries(members as Record<string, unknown>).flatMap(([member, value]) =>
      value === true ? [`${section}.${member}`] : [],
    ),
  );
  return [...flags, ...(allowedKeys === 'any' ? ['A', 'B', 'C', 'any'] : allowedKeys)];
}

test('an intersection has exactly the powers that both have', () => {
  fc.assert(
    fc.property(anyGrants, anyGrants, (directive, ceiling) => {
      const both = intersectGrants(directive, ceiling);
      assert.deepEqual(
        new Set(powers(both)),
        new Set(powers(directive).filter((power) => powers(ceiling).includes(power))),
      );
      for (const address of ['8.8.8.8', '10.0.0.1']) {
        const opens = (grants: Grants): boolean =>
          createGate(grants.http.rules).checkAddress(parseIp(address)!).allowed;
        assert.equal(opens(both), opens(directive) && opens(ceiling));
        const database = ({ database: { rules } }: Grants): boolean =>
          createGate(rules).checkAddress(parseIp(address)!).allowed;
        assert.equal(database(both), database(directive) && database(ceiling));
      }
      assert.ok(both.auth.enabled || both.auth.headers.length === 0);
      assert.ok(both.database.enabled || both.database.queries.length === 0);
      assert.equal(both.database.connection !== undefined, both.database.enabled);
    }),
  );
});

test('the default ceiling keeps even permissive grants out of private networks and databases', () => {
  const parsed = parseCapabilities(
    { capabilities: { db: { enabled: true, dbType: 'pgx', connectionString: 'x' } } },
    { compat: 'suborbital' },
  );
  assert.ok(parsed.ok);
  const grants = intersectGrants(parsed.grants, DEFAULT_CEILING);
  assert.deepEqual(
    [grants.http.enabled, grants.graphql.enabled, grants.cache.enabled, grants.database.enabled],
    [true, true, true, false],
  );
  const gate = createGate(grants.http.rules);
  assert.equal(gate.checkAddress(parseIp('8.8.8.8')!).allowed, true);
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1'])
    assert.equal(gate.checkAddress(parseIp(address)!).allowed, false, address);
});

test('a ceiling gives nothing of its own', () => {
  assert.deepEqual(intersectGrants(NO_GRANTS, DEFAULT_CEILING).secrets, NO_GRANTS.secrets);
  assert.equal(intersectGrants(NO_GRANTS, DEFAULT_CEILING).http.enabled, false);
  assert.equal(Object.isFrozen(intersectGrants(NO_GRANTS, DEFAULT_CEILING).http), true);
});
