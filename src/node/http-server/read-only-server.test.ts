import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenReadOnly } from './index.ts';

test('an answer that cannot be given is 500 and told, and the server goes on', async () => {
  const told: unknown[] = [];
  const failure = new Error('the database is busy');
  const server = await listenReadOnly({
    host: '127.0.0.1',
    port: 0,
    onError: (error) => told.push(error),
    answer: (_method, path) => {
      if (path === '/bad') throw failure;
      return { status: 200, text: 'well' };
    },
  });
  try {
    const bad = await fetch(`http://${server.address}/bad`);
    assert.deepEqual([bad.status, await bad.text()], [500, '']);
    assert.deepEqual(told, [failure]);
    const good = await fetch(`http://${server.address}/good?x`);
    assert.deepEqual([good.status, await good.text()], [200, 'well']);
  } finally {
    await server.close();
  }
});
