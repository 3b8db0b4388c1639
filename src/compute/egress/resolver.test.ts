import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../kernel/index.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import { systemResolver } from './resolver.ts';

const { signal } = new AbortController();
const caller = 'a function';

function dnsError(code: string): Error {
  return Object.assign(new Error(`query failed ${code}`), { code });
}

test('localhost resolves through the system, without network', async () => {
  const { addresses, aliases } = await systemResolver()('localhost', { aliases: false, signal, caller });
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'));
  assert.deepEqual(aliases, []);
});

test('aliases are followed to the canonical name', async () => {
  const chain: Readonly<Record<string, string>> = { 'a.example': 'B.example.', 'b.example': 'c.example' };
  const resolver = systemResolver({
    lookup: () => Promise.resolve([{ address: '192.0.2.1' }]),
    resolveCname: (host) =>
      chain[host] === undefined ? Promise.reject(dnsError('ENODATA')) : Promise.resolve([chain[host]]),
  });
  assert.deepEqual((await resolver('a.example', { aliases: true, signal, caller })).aliases, [
    'b.example',
    'c.example',
  ]);
  assert.deepEqual((await resolver('a.example', { aliases: false, signal, caller })).aliases, []);
});

test('aliases that cannot be known, or never end, fail the resolution', async () => {
  const lookup = () => Promise.resolve([{ address: '192.0.2.1' }]);
  const broken = systemResolver({ lookup, resolveCname: () => Promise.reject(dnsError('ESERVFAIL')) });
  await assert.rejects(broken('a.example', { aliases: true, signal, caller }), (error) =>
    hasCode(error, 'EGRESS_RESOLVE_FAILED'),
  );
  const loop = systemResolver({ lookup, resolveCname: (host) => Promise.resolve([host]) });
  await assert.rejects(loop('a.example', { aliases: true, signal, caller }), (error) =>
    hasCode(error, 'EGRESS_RESOLVE_FAILED'),
  );
});

test('a name without address fails with the cause attached', async () => {
  const cause = dnsError('ENOTFOUND');
  const resolver = systemResolver({ lookup: () => Promise.reject(cause), resolveCname: () => Promise.resolve([]) });
  await assert.rejects(
    resolver('a.example', { aliases: false, signal, caller }),
    (error: Error) => error.cause === cause,
  );
});

/** A resolver whose look-ups end when the test says so, in the order in which they began. */
function slowResolver() {
  const open: { readonly host: string; readonly end: () => void }[] = [];
  const resolver = systemResolver({
    lookup: (host) => new Promise((resolve) => open.push({ host, end: () => resolve([{ address: '192.0.2.9' }]) })),
    resolveCname: () => Promise.resolve([]),
  });
  return {
    open,
    ask: (host: string, by: string, until = signal) => resolver(host, { aliases: false, signal: until, caller: by }),
  };
}

test('slow names wait for a free place, and giving up does not free a place that is still taken', async () => {
  const { open, ask } = slowResolver();
  const impatient = new AbortController();
  const given = ['a', 'b', 'c'].map((by) => ask('slow.example', by, impatient.signal));
  const waiting = ask('other.example', 'd');
  const alsoGiven = ask('third.example', 'e', impatient.signal);
  await settle();
  assert.equal(open.length, 3);
  impatient.abort(new Error('given up'));
  for (const promise of [...given, alsoGiven]) await assert.rejects(promise, /given up/);
  await settle();
  assert.equal(open.length, 3);
  open[0]!.end();
  await settle();
  assert.equal(open.length, 4);
  open[3]!.end();
  assert.deepEqual((await waiting).addresses, ['192.0.2.9']);
});

test('one function with slow names leaves a place to others, and they take turns', async () => {
  const { open, ask } = slowResolver();
  const greedy = ['1', '2', '3', '4', '5'].map((n) => ask(`slow-${n}.example`, 'greedy'));
  await settle();
  assert.deepEqual(
    open.map(({ host }) => host),
    ['slow-1.example', 'slow-2.example'],
  );
  const others = [ask('b.example', 'b'), ask('c.example', 'c')];
  await settle();
  assert.equal(open.at(-1)?.host, 'b.example');
  open[2]!.end();
  await settle();
  assert.equal(open.at(-1)?.host, 'c.example', 'before what the first one has waiting');
  for (let i = 0; i < 7; i++) {
    open[i]?.end();
    await settle();
  }
  assert.equal((await Promise.all([...greedy, ...others])).length, 7);
});

test('a turn that comes when its caller has just given up is passed on', async () => {
  const { open, ask } = slowResolver();
  const running = [ask('1.example', 'a'), ask('2.example', 'b'), ask('3.example', 'c')];
  const impatient = new AbortController();
  const given = ask('4.example', 'd', impatient.signal);
  const last = ask('5.example', 'e');
  await settle();
  open[0]!.end();
  impatient.abort(new Error('given up'));
  await assert.rejects(given, /given up/);
  await settle();
  assert.equal(open.at(-1)?.host, '5.example');
  for (const { end } of open) end();
  await Promise.all([...running, last]);
});
