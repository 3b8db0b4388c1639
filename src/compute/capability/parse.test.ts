import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { PUBLIC_RULE, STRICT_RULE } from '../egress/index.ts';
import { DEFAULT_CEILING, type Grants, NO_GRANTS } from './grants.ts';
import { type CapabilityConnections, parseCapabilities, parseCeiling, type ParseOptions } from './parse.ts';

function accepted(yaml: string, options: ParseOptions = {}): { grants: Grants; connections: CapabilityConnections } {
  const parsed = parseCapabilities(parseYaml(yaml) ?? {}, options);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed;
}

function problems(yaml: string, options: ParseOptions = {}): string[] {
  const parsed = parseCapabilities(parseYaml(yaml), options);
  assert.ok(!parsed.ok);
  return parsed.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('nothing said means nothing granted but log and request', () => {
  for (const yaml of [
    '{}',
    'identifier: com.app',
    'capabilities:',
    'capabilities: {}',
    'capabilities: {http:, cache: {}, db: }',
  ]) {
    assert.deepEqual(accepted(yaml).grants, NO_GRANTS, yaml);
  }
  const on = Object.entries(NO_GRANTS).filter(([, grant]) => (grant as { enabled: boolean }).enabled);
  assert.deepEqual(
    on.map(([name]) => name),
    ['logger', 'requestHandler'],
  );
});

test('members are merged over the default at every depth', () => {
  const { grants } = accepted(`
capabilities:
  http: {enabled: true, rules: {allowedDomains: [API.example.com, "*.Hello.com."], allowedNetworks: [10.0.0.0/8]}}
  graphql: {enabled: true}
  cache: {enabled: true, rules: {allowSet: false}}
  requestHandler: {allowSetField: false}
  logger: {enabled: false}
  secrets: {enabled: true, env: {allowedKeys: [A, B]}}
  file: {enabled: true}`);
  assert.deepEqual(grants.http, {
    enabled: true,
    rules: [{ ...STRICT_RULE, allowedDomains: ['api.example.com', '*.hello.com'], allowedNetworks: ['10.0.0.0/8'] }],
  });
  assert.deepEqual(grants.graphql, { enabled: true, rules: [STRICT_RULE] });
  assert.deepEqual(grants.cache, { enabled: true, allowGet: true, allowSet: false, allowDelete: true });
  assert.deepEqual(grants.requestHandler, { enabled: true, allowGetField: true, allowSetField: false });
  assert.deepEqual(grants.secrets, { enabled: true, allowedKeys: ['A', 'B'] });
  assert.deepEqual([grants.logger.enabled, grants.file.enabled, grants.database.enabled], [false, true, false]);
});

test('rules without enabled grant nothing', () => {
  assert.equal(accepted('capabilities: {http: {rules: {allowHTTP: true}}}').grants.http.enabled, false);
});

test('suborbital: absent sections have the permissive defaults', () => {
  const { grants } = accepted('{}', { compat: 'suborbital' });
  const [rule] = grants.http.rules;
  assert.deepEqual(
    [grants.http.enabled, rule?.allowHTTP, rule?.allowIPs, rule?.allowPrivate, rule?.matcher],
    [true, true, true, true, 'suborbital'],
  );
  assert.deepEqual(grants.graphql, grants.http);
  assert.deepEqual(grants.cache, { enabled: true, allowGet: true, allowSet: true, allowDelete: true });
  assert.deepEqual(
    [grants.file.enabled, grants.auth.enabled, grants.secrets.enabled, grants.database.enabled],
    [true, true, true, false],
  );
});

test('suborbital: a section that is present replaces its default completely', () => {
  const { grants } = accepted(
    'capabilities: {http: {enabled: true}, graphql: {enabled: true, rules: {allowHTTP: true}}, cache: {enabled: true}, logger: {}, requestHandler: {enabled: true}, file: }',
    { compat: 'suborbital' },
  );
  const zero = { ...STRICT_RULE, matcher: 'suborbital' as const };
  assert.deepEqual(grants.http, { enabled: true, rules: [zero] });
  assert.deepEqual(grants.graphql, { enabled: true, rules: [{ ...zero, allowHTTP: true }] });
  assert.deepEqual(grants.cache, { enabled: true, allowGet: false, allowSet: false, allowDelete: false });
  assert.deepEqual(grants.requestHandler, { enabled: true, allowGetField: false, allowSetField: false });
  assert.deepEqual([grants.logger.enabled, grants.file.enabled], [false, true]);
});

test('authentication is the union of both sections, capabilities first', () => {
  const { grants } = accepted(`
capabilities:
  auth: {headers: {api.example.com: {headerType: Token, value: env(MINE)}, "API.example.com:8443": {value: two, allowHTTP: true}}}
authentication:
  domains: {API.Example.com: {value: lost}, "other.example": {headerType: "", value: three}, "[::1]:80": {value: four}}`);
  assert.deepEqual(grants.auth, {
    enabled: true,
    headers: [
      { host: 'api.example.com', headerType: 'Token', value: { env: 'MINE' }, allowHTTP: false },
      { host: 'api.example.com', port: 8443, headerType: 'bearer', value: { text: 'two' }, allowHTTP: true },
      { host: 'other.example', headerType: 'bearer', value: { text: 'three' }, allowHTTP: false },
      { host: '::1', port: 80, headerType: 'bearer', value: { text: 'four' }, allowHTTP: false },
    ],
  });
  assert.equal(
    accepted('capabilities: {auth: {enabled: false}}\nauthentication: {domains: {a.b: {value: x}}}').grants.auth
      .enabled,
    false,
  );
  const compat = accepted('authentication: {domains: {a.b: {value: x}}}', { compat: 'suborbital' }).grants.auth;
  assert.deepEqual(compat, {
    enabled: true,
    headers: [{ host: 'a.b', headerType: 'bearer', value: { text: 'x' }, allowHTTP: true }],
  });
});

test('a database comes from its own section when that is enabled, else from the connection', () => {
  const connection = 'connections: {database: {type: postgresql, connectionString: env(SHARED)}}';
  const own = (enabled: string): string =>
    `capabilities: {db: {${enabled}dbType: mysql, connectionString: own}}\n${connection}`;
  const shared = { type: 'postgresql', connectionString: { env: 'SHARED' } };
  assert.deepEqual(accepted(own('enabled: true, ')).connections.database, {
    type: 'mysql',
    connectionString: { text: 'own' },
  });
  assert.deepEqual(accepted(own('')).connections.database, shared);
  assert.deepEqual(
    [accepted(connection).grants.database.enabled, accepted(connection).connections.database],
    [true, shared],
  );
  assert.equal(accepted(own('enabled: false, ')).grants.database.enabled, false);
  assert.equal(accepted('capabilities: {db: {dbType: pgx, connectionString: x}}').grants.database.enabled, true);
  assert.equal(accepted('capabilities: {db: {dbType: "", connectionString: ""}}').grants.database.enabled, false);
});

test('queries are united by name, typed by word, number or text, and counted', () => {
  const { grants } = accepted(`
capabilities: {db: {queries: [{name: a, query: "select 1", type: 1, varCount: 4}, {name: b, query: "insert into t values ($1, $2)", type: 0}]}}
connections: {database: {type: postgresql, connectionString: x}}
queries:
  - {name: a, query: "delete from t"}
  - {name: c, query: "  UPDATE t SET x = $1", varCount: 0}`);
  assert.deepEqual(grants.database.queries, [
    { name: 'a', type: 'select', variables: 4, text: 'select 1' },
    { name: 'b', type: 'insert', variables: 2, text: 'insert into t values ($1, $2)' },
    { name: 'c', type: 'update', variables: 1, text: '  UPDATE t SET x = $1' },
  ]);
  assert.deepEqual(problems('queries: [{name: a, query: drop table t}]'), [
    'queries.0.query: unable to determine query type',
  ]);
});

test('the shared Redis connection wins', () => {
  const { connections } = accepted(`
capabilities: {cache: {enabled: true, redis: {serverAddress: own:6379}}}
connections: {redis: {serverAddress: env(REDIS), password: env(REDIS_PASSWORD)}, nats: {serverAddress: "nats:4222"}}`);
  assert.deepEqual(connections.redis, {
    serverAddress: { env: 'REDIS' },
    username: { text: '' },
    password: { env: 'REDIS_PASSWORD' },
  });
});

test('every problem is found at once, with its path', () => {
  assert.deepEqual(
    problems(`
capabilities:
  htpp: {enabled: true}
  http: {enabled: yes please, rules: {allowedDomains: ["a*.com", 7], allowedPorts: [0, 80, "443"], allowedNetworks: [10.0.0.1/8], alowHTTP: true}}
  cache: []
  auth: {headers: {"https://a.b/": {value: x}, c.d: {headerType: two words}}}
  db: {dbType: oracle, queries: [{name: "", query: ""}]}
authentication: {domains: 1}
connections: {database: {type: sqlite}}`).sort(),
    [
      'authentication.domains: must be a mapping',
      'capabilities.auth.headers.c.d.headerType: must be one word, such as bearer',
      'capabilities.auth.headers.c.d.value: is missing',
      'capabilities.cache: must be a mapping',
      "capabilities.db.dbType: must be 'mysql' or 'pgx'",
      'capabilities.db.queries.0.name: must not be empty',
      'capabilities.db.queries.0.query: must not be empty',
      'capabilities.htpp: unknown key',
      'capabilities.http.enabled: must be true or false',
      'capabilities.http.rules.allowedDomains.0: must be a host name, in which whole labels may be *',
      'capabilities.http.rules.allowedDomains.1: must be a text',
      'capabilities.http.rules.allowedNetworks.0: must be a network such as 10.0.0.0/8 without bits beyond its prefix',
      'capabilities.http.rules.allowedPorts.0: must be a port number',
      'capabilities.http.rules.allowedPorts.2: must be a port number',
      'capabilities.http.rules.alowHTTP: unknown key',
      'connections.database.connectionString: is missing',
      "connections.database.type: must be 'mysql' or 'postgresql'",
    ],
  );
  assert.deepEqual(problems('capabilities: {auth: {headers: {"https://a.b/": {value: x}, "a:99999": {value: x}}}}'), [
    'capabilities.auth.headers.https://a.b/: must be a host name or address, with or without a port',
    'capabilities.auth.headers.a:99999: must be a host name or address, with or without a port',
  ]);
});

test('suborbital: unknown keys and odd patterns are taken as they are', () => {
  const { grants } = accepted(
    'capabilities: {htpp: 1, http: {enabled: true, rules: {blockedDomains: ["example.com.", "A*b"]}}}',
    { compat: 'suborbital' },
  );
  assert.deepEqual(grants.http.rules[0]?.blockedDomains, ['example.com.', 'A*b']);
});

test('a ceiling is written in the same words, over its own default', () => {
  const ceiling = parseCeiling(
    parseYaml(
      '{http: {rules: {allowedNetworks: [10.0.0.0/8], blockedPorts: [25]}}, db: {enabled: true}, graphql: {enabled: false}}',
    ),
  );
  assert.ok(ceiling.ok);
  assert.deepEqual(ceiling.grants, {
    ...DEFAULT_CEILING,
    http: { enabled: true, rules: [{ ...PUBLIC_RULE, allowedNetworks: ['10.0.0.0/8'], blockedPorts: [25] }] },
    graphql: { ...DEFAULT_CEILING.graphql, enabled: false },
    database: { enabled: true, queries: [], rules: [PUBLIC_RULE] },
  });
  const local = parseCeiling({ db: { enabled: true, rules: { allowPrivate: true, allowedPorts: [5432] } } });
  assert.ok(local.ok);
  assert.deepEqual(local.grants.database.rules, [{ ...PUBLIC_RULE, allowPrivate: true, allowedPorts: [5432] }]);
  for (const nothing of [undefined, null, {}]) {
    const empty = parseCeiling(nothing);
    assert.ok(empty.ok);
    assert.deepEqual(empty.grants, DEFAULT_CEILING);
  }
  assert.equal(parseCeiling({ htpp: {} }).ok, false);
  for (const db of [{ connectionString: 'x' }, { dbType: 'mysql' }, { rules: { allowHTTP: true } }]) {
    assert.equal(parseCeiling({ db }).ok, false, JSON.stringify(db));
  }
});

test('grants are frozen through and through', () => {
  const { grants } = accepted('capabilities: {http: {enabled: true, rules: {allowedDomains: [a.b]}}}');
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.equal(frozen(grants), true);
});

test('any value at all is either read or refused with problems', () => {
  const key = fc.constantFrom(
    'capabilities',
    'http',
    'rules',
    'enabled',
    'auth',
    'headers',
    'db',
    'queries',
    'name',
    'query',
    'authentication',
    'domains',
    'connections',
    'redis',
    'database',
    '__proto__',
    'a.b',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(null, true, 0, '', 'x', 'env(A)', 65536),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, fc.boolean(), (input, compat) => {
      const parsed = parseCapabilities(input, compat ? { compat: 'suborbital' } : {});
      assert.ok(parsed.ok || parsed.problems.length > 0);
    }),
    { numRuns: 1000 },
  );
});
