import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedResolver, serve } from '../../../test/support/egress-world.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { EMPTY, fromUtf8, utf8 } from '../../kernel/index.ts';
import { directDialer, type EgressAccess, type EgressAnswer, EgressClient, parseTarget } from '../egress/index.ts';
import { allowListedEnvironment } from './setting.ts';
import { bindCapabilities, type CallContext, type CapabilityEvent, DEFAULT_CAPABILITY_LIMITS } from './bind.ts';
import type { CallCapabilities, CapabilityAnswer } from './contract.ts';
import { type Grants, NO_GRANTS } from './grants.ts';
import { memoryCache } from './memory-cache.ts';
import { parseCapabilities } from './parse.ts';
import type { CapabilityProviders, GuestLogLine } from './providers.ts';

const { signal } = new AbortController();
const OK: EgressAnswer = { ok: true, value: utf8('answer') };
const GET = { method: 'GET', url: 'https://a.example/', headers: [], body: EMPTY } as const;

function granted(capabilities: unknown, more: object = {}): Grants {
  const parsed = parseCapabilities({ capabilities, ...more });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.grants;
}

interface Bound {
  readonly call: CallCapabilities;
  readonly events: CapabilityEvent[];
  readonly asked: string[];
  readonly accesses: EgressAccess[];
}

/** A call whose providers answer everything and write down what they were asked. */
function bound(
  grants: Grants,
  providers: Partial<CapabilityProviders> = {},
  context: Partial<CallContext> = {},
): Bound {
  const asked: string[] = [];
  const events: CapabilityEvent[] = [];
  const accesses: EgressAccess[] = [];
  const clock = new VirtualClock();
  const note = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  const all: CapabilityProviders = {
    egress: {
      fetch: (request, access) => {
        accesses.push(access);
        return note(`fetch ${request.url}`, OK);
      },
      graphql: (endpoint, query, access) => {
        accesses.push(access);
        return note(`graphql ${endpoint} ${query}`, OK);
      },
    },
    cache: {
      get: (namespace, key) => note(`get ${namespace} ${key}`, key === 'known' ? utf8('value') : undefined),
      set: (namespace, key, _value, ttl) => note(`set ${namespace} ${key} ${ttl}`, key !== 'huge'),
    },
    files: {
      read: (application, name) => note(`read ${application} ${name}`, name === 'a/b.html' ? utf8('page') : undefined),
    },
    secrets: {
      get: (application, name) => note(`secret ${application} ${name}`, name === 'A' ? 'treasure' : undefined),
    },
    database: {
      execute: ({ type, connectionString, rules }, query, variables) =>
        note(`${type} ${connectionString} ${rules.length} ${query.name} ${variables.join(',')}`, utf8('[]')),
    },
    environment: allowListedEnvironment({ DB: 'postgres://there' }, ['DB']),
    ...providers,
  };
  const call = bindCapabilities(grants, all, {
    application: 'app',
    functionName: 'fn',
    clock,
    onEvent: (event) => events.push(event),
    ...context,
  });
  return { call, events, asked, accesses };
}

const text = (answer: CapabilityAnswer): string =>
  answer.ok ? fromUtf8(answer.value) : `${answer.reason}: ${answer.message}`;
const EVERYTHING = granted({
  http: { enabled: true },
  graphql: { enabled: true },
  cache: { enabled: true },
  file: { enabled: true },
  secrets: { enabled: true, env: { allowedKeys: ['A', 'unset'] } },
  db: {
    enabled: true,
    dbType: 'pgx',
    connectionString: 'env(DB)',
    queries: [
      { name: 'one', query: 'select * from t where a = $1' },
      { name: 'add', query: 'insert into t values ($1)' },
    ],
  },
});

/** Every asking method, with arguments that would succeed. */
const ASKS: Readonly<Record<string, (call: CallCapabilities) => Promise<CapabilityAnswer>>> = {
  fetch: (call) => call.fetch(GET, signal),
  graphql: (call) => call.graphql('https://a.example/', '{a}', signal),
  cacheGet: (call) => call.cacheGet('known', signal),
  cacheSet: (call) => call.cacheSet('key', utf8('v'), 5, signal),
  staticFile: (call) => call.staticFile('a/b.html', signal),
  database: (call) => call.database('select', 'one', ['x'], signal),
};

test('what is not granted is refused before any provider is asked', async () => {
  const { call, asked } = bound(NO_GRANTS);
  for (const [name, ask] of Object.entries(ASKS)) {
    assert.deepEqual(await ask(call), { ok: false, reason: 'refused', message: 'capability is not enabled' }, name);
  }
  assert.deepEqual(await call.secret('A', signal), { ok: true, value: EMPTY });
  assert.deepEqual(asked, []);
});

test('what has no provider answers as if it were not granted', async () => {
  const call = bindCapabilities(EVERYTHING, {}, { application: 'app', functionName: 'fn', clock: new VirtualClock() });
  for (const [name, ask] of Object.entries(ASKS))
    assert.equal(text(await ask(call)), 'refused: capability is not enabled', name);
  assert.deepEqual(await call.secret('A', signal), { ok: true, value: EMPTY });
  call.log('info', 'nobody listens');
});

test('what is granted reaches its provider, with the application’s name', async () => {
  const { call, asked } = bound(EVERYTHING);
  const answers = Object.fromEntries(
    await Promise.all(Object.entries(ASKS).map(async ([name, ask]) => [name, text(await ask(call))] as const)),
  );
  assert.deepEqual(answers, {
    fetch: 'answer',
    graphql: 'answer',
    cacheGet: 'value',
    cacheSet: '',
    staticFile: 'page',
    database: '[]',
  });
  assert.equal(text(await call.secret('A', signal)), 'treasure');
  assert.deepEqual(asked, [
    'fetch https://a.example/',
    'graphql https://a.example/ {a}',
    'get app known',
    'set app key 5',
    'read app a/b.html',
    'postgresql postgres://there 1 one x',
    'secret app A',
  ]);
});

test('request fields follow their three switches', () => {
  const fields = (requestHandler: object): object => bound(granted({ requestHandler })).call.requestFields;
  assert.deepEqual(fields({}), { get: true, set: true, responseHeaders: true });
  assert.deepEqual(fields({ allowSetField: false }), { get: true, set: false, responseHeaders: true });
  assert.deepEqual(fields({ allowGetField: false }), { get: false, set: true, responseHeaders: true });
  assert.deepEqual(fields({ enabled: false }), { get: false, set: false, responseHeaders: false });
});

test('cache: each direction has its switch; a missing key and a value too large have their texts', async () => {
  const readOnly = bound(granted({ cache: { enabled: true, rules: { allowSet: false } } })).call;
  assert.equal(text(await readOnly.cacheGet('known', signal)), 'value');
  assert.equal(text(await readOnly.cacheSet('key', utf8('v'), 0, signal)), 'refused: capability is not enabled');
  const writeOnly = bound(granted({ cache: { enabled: true, rules: { allowGet: false } } })).call;
  assert.equal(text(await writeOnly.cacheGet('known', signal)), 'refused: capability is not enabled');
  const { call, asked } = bound(
    EVERYTHING,
    {},
    { limits: { ...DEFAULT_CAPABILITY_LIMITS, maxValueBytes: 4, maxNameLength: 5 } },
  );
  assert.equal(text(await call.cacheGet('other', signal)), 'missing: key not found');
  assert.equal(text(await call.cacheSet('huge', utf8('v'), 0, signal)), 'failed: value is too large');
  assert.equal(text(await call.cacheSet('key', utf8('12345'), 0, signal)), 'failed: value is too large');
  assert.equal(text(await call.cacheGet('known', signal)), 'failed: value is too large');
  assert.equal(text(await call.cacheGet('longer', signal)), 'failed: name is too long');
  assert.deepEqual(asked, ['get app other', 'set app huge 0', 'get app known']);
});

test('two applications do not share a cache', async () => {
  const cache = memoryCache(new VirtualClock());
  const one = bound(EVERYTHING, { cache }, { application: 'one' }).call;
  const two = bound(EVERYTHING, { cache }, { application: 'two' }).call;
  await one.cacheSet('key', utf8('mine'), 0, signal);
  assert.equal(text(await one.cacheGet('key', signal)), 'mine');
  assert.equal(text(await two.cacheGet('key', signal)), 'missing: key not found');
});

test('file names lose their prefixes and never lead outside', async () => {
  const { call, asked } = bound(EVERYTHING);
  for (const name of ['a/b.html', 'static/a/b.html', '/a/b.html', './a/b.html', 'static//a/b.html'])
    assert.equal(text(await call.staticFile(name, signal)), 'page', name);
  assert.equal(asked.length, 5);
  for (const name of ['', '/', '..', '../x', 'a/../b', 'a//b', 'a/./b', 'a\\b', 'a\0b', '//x', 'static/../x', './..']) {
    assert.equal(text(await call.staticFile(name, signal)), 'missing: file does not exist', name);
  }
  assert.equal(asked.length, 5);
  assert.equal(text(await call.staticFile('other', signal)), 'missing: file does not exist');
});

test('database: name, type and number of values must fit', async () => {
  const { call, asked } = bound(EVERYTHING);
  assert.equal(text(await call.database('select', 'none', [], signal)), 'refused: query not found');
  assert.equal(text(await call.database('insert', 'one', ['x'], signal)), 'refused: query type incorrect');
  assert.equal(
    text(await call.database('select', 'one', [], signal)),
    'refused: expected 1 variables, got 0: number of variables incorrect',
  );
  assert.equal(text(await call.database('select', 'toString', [], signal)), 'refused: query not found');
  assert.deepEqual(asked, []);
  assert.equal(text(await call.database(undefined, 'one', ['x'], signal)), '[]');
});

test('secrets: never an error, and an audit trail of names', async () => {
  const failing = { get: () => Promise.reject(new Error('vault is sealed')) };
  const { call, events } = bound(EVERYTHING);
  assert.equal(text(await call.secret('A', signal)), 'treasure');
  assert.equal(text(await call.secret('unset', signal)), '');
  assert.equal(text(await call.secret('B\n', signal)), '');
  assert.deepEqual(events, [
    { capability: 'secret', outcome: 'used', name: 'A' },
    { capability: 'secret', outcome: 'used', name: 'unset' },
    { capability: 'secret', outcome: 'refused', name: 'B\\n' },
  ]);
  assert.equal(text(await bound(EVERYTHING, { secrets: failing }).call.secret('A', signal)), '');
  const any: Grants = { ...EVERYTHING, secrets: { enabled: true, allowedKeys: 'any' } };
  assert.equal(text(await bound(any).call.secret('A', signal)), '');
});

test('what a provider throws is for the log; the guest reads a fixed text', async () => {
  const fail = (): Promise<never> => Promise.reject(new Error('password is hunter2'));
  const throwing = (): never => {
    throw new Error('password is hunter2');
  };
  const { call, events } = bound(EVERYTHING, {
    cache: { get: fail, set: throwing },
    files: { read: fail },
    database: { execute: throwing },
  });
  const answers = await Promise.all([
    call.cacheGet('k', signal),
    call.cacheSet('k', EMPTY, 0, signal),
    call.staticFile('f', signal),
    call.database('select', 'one', ['x'], signal),
    call.database('insert', 'add', ['x'], signal),
  ]);
  assert.deepEqual(answers.map(text), [
    'failed: failed to client.Get',
    'failed: failed to client.Set',
    'failed: failed to read file',
    'failed: failed to stmt.Query',
    'failed: failed to Exec',
  ]);
  assert.equal(events.length, 5);
  assert.ok(events.every(({ outcome, cause }) => outcome === 'failed' && cause instanceof Error));
});

test('the end of a call ends every question, also one nobody answers', async () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const { call } = bound(EVERYTHING, {
    cache: { get: never, set: never },
    files: { read: never },
    database: { execute: never },
    secrets: { get: never },
  });
  const control = new AbortController();
  const answers = Promise.all([
    call.cacheGet('k', control.signal),
    call.cacheSet('k', EMPTY, 0, control.signal),
    call.staticFile('f', control.signal),
    call.database('select', 'one', ['x'], control.signal),
    call.secret('A', control.signal),
  ]);
  control.abort(new Error('deadline'));
  assert.deepEqual((await answers).map(text), [...Array.from({ length: 4 }, () => 'failed: the call has ended'), '']);
  assert.equal(text(await call.cacheGet('k', control.signal)), 'failed: the call has ended');
});

test('a call has so many requests, HTTP and GraphQL together', async () => {
  const { call, asked } = bound(EVERYTHING, {}, { limits: { ...DEFAULT_CAPABILITY_LIMITS, maxRequests: 2 } });
  assert.equal(text(await call.fetch(GET, signal)), 'answer');
  assert.equal(text(await call.graphql('https://a.example/', '', signal)), 'answer');
  assert.equal(text(await call.fetch(GET, signal)), 'refused: too many requests in one call');
  assert.equal(text(await call.graphql('https://a.example/', '', signal)), 'refused: too many requests in one call');
  assert.equal(asked.length, 2);
});

test('each protocol goes out under its own rules', async () => {
  const grants = granted({
    http: { enabled: true, rules: { allowedDomains: ['a.b'] } },
    graphql: { enabled: true, rules: { allowedDomains: ['c.d'] } },
  });
  const { call, accesses } = bound(grants);
  await call.fetch(GET, signal);
  await call.graphql('https://c.d/', '', signal);
  assert.deepEqual(
    accesses.map(({ rules }) => rules),
    [grants.http.rules, grants.graphql.rules],
  );
  assert.deepEqual(
    accesses.map(({ authorization }) => authorization),
    [undefined, undefined],
  );
});

test('authorization belongs to one host and port, and to https unless it says otherwise', async () => {
  const grants = granted({
    http: { enabled: true },
    auth: {
      headers: {
        'a.b': { value: 'env(TOKEN)' },
        'a.b:8443': { headerType: 'Token', value: 'eight' },
        'c.d:443': { value: 'explicit' },
        'e.f': { value: 'plain', allowHTTP: true },
        'g.h': { value: 'env(HIDDEN)' },
      },
    },
  });
  const environment = allowListedEnvironment({ TOKEN: 'from-env', HIDDEN: 'x' }, ['TOKEN']);
  const { call, accesses } = bound(grants, { environment });
  await call.fetch(GET, signal);
  const authorization = async (url: string): Promise<string | undefined> =>
    accesses[0]?.authorization?.(parseTarget(url)!, signal);
  assert.equal(await authorization('https://A.b/x'), 'bearer from-env');
  assert.equal(await authorization('https://a.b:443/'), 'bearer from-env');
  assert.equal(await authorization('https://a.b:8443/'), 'Token eight');
  assert.equal(await authorization('https://a.b:9443/'), undefined);
  assert.equal(await authorization('http://a.b/'), undefined);
  assert.equal(await authorization('https://c.d/'), 'bearer explicit');
  assert.equal(await authorization('http://e.f/'), 'bearer plain');
  assert.equal(await authorization('https://g.h/'), undefined);
  assert.equal(await authorization('https://x.a.b/'), undefined);
  const broken = bound(grants, { environment: { get: () => Promise.reject(new Error('gateway is gone')) } });
  await broken.call.fetch(GET, signal);
  assert.equal(await broken.accesses[0]?.authorization?.(parseTarget('https://a.b/')!, signal), undefined);
  assert.deepEqual(
    broken.events.map(({ capability, outcome, name }) => [capability, outcome, name]),
    [['environment', 'failed', 'TOKEN']],
  );
});

test('log lines are bounded, escaped, rationed, and carry whose they are', async () => {
  const lines: GuestLogLine[] = [];
  const clock = new VirtualClock();
  const limits = { ...DEFAULT_CAPABILITY_LIMITS, log: { maxLineLength: 8, burst: 2, perSecond: 1 } };
  const { call } = bound(NO_GRANTS, { log: (line) => lines.push(line) }, { clock, limits, requestId: 'r-1' });
  call.log('info', 'a\nb');
  call.log('error', '0123456789');
  call.log('info', 'dropped');
  await clock.advance(1000);
  call.log('debug', 'again');
  const own = { application: 'app', functionName: 'fn', requestId: 'r-1' };
  assert.deepEqual(lines, [
    { level: 'info', message: 'a\\nb', ...own },
    { level: 'error', message: '01234567… (2 more characters)', ...own },
    { level: 'warn', message: '1 log lines were dropped: the function logs too fast', ...own },
    { level: 'debug', message: 'again', ...own },
  ]);
  bound(granted({ logger: { enabled: false } }), { log: (line) => lines.push(line) }).call.log('info', 'x');
  assert.equal(lines.length, 4);
});

test('a function reaches a real server only through its grants', async () => {
  await using server = await serve((_request, response) => response.end('reached'));
  const { resolver } = scriptedResolver({ 'api.example': [{ addresses: ['127.0.0.1'] }] });
  await using egress = new EgressClient({ dialer: directDialer({ resolver }), clock: new VirtualClock() });
  const fetched = async (rules: object): Promise<string> =>
    text(
      await bound(granted({ http: { enabled: true, rules } }), { egress }).call.fetch(
        { ...GET, url: `http://api.example:${server.port}/` },
        signal,
      ),
    );
  assert.equal(
    await fetched({}),
    'refused: failed to requestIsAllowed: requests to insecure HTTP endpoints is disallowed',
  );
  assert.equal(
    await fetched({ allowHTTP: true }),
    'refused: failed to requestIsAllowed: requests to private IP address ranges are disallowed',
  );
  assert.equal(await fetched({ allowHTTP: true, allowedNetworks: ['127.0.0.1'] }), 'reached');
  assert.equal(await fetched({ allowHTTP: true, allowPrivate: true }), 'reached');
  assert.equal(
    await fetched({ allowHTTP: true, allowPrivate: true, allowedDomains: ['other.example'] }),
    'refused: failed to requestIsAllowed: requests to this domain are disallowed',
  );
});
