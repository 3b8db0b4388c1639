import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicRoute } from './index.ts';

test('a public route names the host by its kind, and the port of the listener unless another one is given', () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['127.0.0.1:4000', undefined, '/ip4/127.0.0.1/tcp/4000/service/api'],
    ['[::1]:4000', undefined, '/ip6/::1/tcp/4000/service/api'],
    ['0.0.0.0:4000', 'relay.example.org', '/dnsaddr/relay.example.org/tcp/4000/service/api'],
    ['0.0.0.0:4000', 'relay.example.org:443', '/dnsaddr/relay.example.org/tcp/443/service/api'],
    ['0.0.0.0:4000', '203.0.113.7', '/ip4/203.0.113.7/tcp/4000/service/api'],
    ['0.0.0.0:4000', '2001:db8::1', '/ip6/2001:db8::1/tcp/4000/service/api'],
    ['0.0.0.0:4000', '[2001:db8::1]:443', '/ip6/2001:db8::1/tcp/443/service/api'],
  ];
  for (const [listenAt, given, route] of cases) assert.equal(publicRoute(listenAt, given), route);
  for (const everywhere of ['0.0.0.0:1', '[::]:1'])
    assert.throws(() => publicRoute(everywhere), { code: 'NODE_ROUTE' });
  assert.throws(() => publicRoute('127.0.0.1:1', 'a b'), { code: 'ROUTING_INVALID_HOSTNAME_PORT' });
});
