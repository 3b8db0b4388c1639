import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { realClock } from '../../../test/support/guests.ts';
import { reach } from './reach.ts';

test('an endpoint accepts a connection, refuses it, or takes too long', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = new URL(`http://127.0.0.1:${port}`);
  assert.equal(await reach(endpoint, 10_000, realClock), 'reached');
  const hurried = { ...realClock, schedule: (_ms: number, action: () => void) => (action(), () => undefined) };
  assert.equal(await reach(endpoint, 10_000, hurried), 'timed-out');
  server.close();
  await once(server, 'close');
  assert.equal(await reach(endpoint, 10_000, realClock), 'refused');
});
