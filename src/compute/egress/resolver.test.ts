import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../kernel/index.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import { systemResolver } from './resolver.ts';

const { signal } = new AbortController();

function dnsError(code: string): Error {
  return Object.assign(new Error(`query failed ${code}`), { code });
}

test('localhost resolves through the system, without network', async () => {
  const { addresses, aliases } = await systemResolver()('localhost', { aliases: false, signal });
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
  assert.deepEqual((await resolver('a.example', { aliases: true, signal })).aliases, ['b.example', 'c.example']);
  assert.deepEqual((await resolver('a.example', { aliases: false, signal })).aliases, []);
});

test('aliases that cannot be known, or never end, fail the resolution', async () => {
  const lookup = () => Promise.resolve([{ address: '192.0.2.1' }]);
  const broken = systemResolver({ lookup, resolveCname: () => Promise.reject(dnsError('ESERVFAIL')) });
  await assert.rejects(broken('a.example', { aliases: true, signal }), (error) =>
    hasCode(error, 'EGRESS_RESOLVE_FAILED'),
  );
  const loop = systemResolver({ lookup, resolveCname: (host) => Promise.resolve([host]) });
  await assert.rejects(loop('a.example', { aliases: true, signal }), (error) =>
    hasCode(error, 'EGRESS_RESOLVE_FAILED'),
  );
});

test('a name without address fails with the cause attached', async () => {
  const cause = dnsError('ENOTFOUND');
  const resolver = systemResolver({ lookup: () => Promise.reject(cause), resolveCname: () => Promise.resolve([]) });
  await assert.rejects(resolver('a.example', { aliases: false, signal }), (error: Error) => error.cause === cause);
});

test('slow names wait for a free place, and giving up does not free a place that is still taken', async () => {
  const open: ((addresses: { address: string }[]) => void)[] = [];
  const resolver = systemResolver({
    lookup: () => new Promise((resolve) => open.push(resolve)),
    resolveCname: () => Promise.resolve([]),
  });
  const impatient = new AbortController();
  const given = [0, 1, 2].map(() => resolver('slow.example', { aliases: false, signal: impatient.signal }));
  const waiting = resolver('other.example', { aliases: false, signal });
  const alsoGiven = resolver('third.example', { aliases: false, signal: impatient.signal });
  await settle();
  assert.equal(open.length, 3);
  impatient.abort(new Error('given up'));
  for (const promise of [...given, alsoGiven]) await assert.rejects(promise, /given up/);
  await settle();
  assert.equal(open.length, 3);
  open[0]!([]);
  await settle();
  assert.equal(open.length, 4);
  open[3]!([{ address: '192.0.2.9' }]);
  assert.deepEqual((await waiting).addresses, ['192.0.2.9']);
});
