import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from 'node:os';
import { request } from '../../network/http/index.ts';
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

test('a page of the web whose name leads here reads nothing', async () => {
  const server = await listenReadOnly({
    host: '127.0.0.1',
    port: 0,
    ownNamesOnly: true,
    onError: (error) => assert.fail(String(error)),
    answer: () => ({ status: 200, text: 'well' }),
  });
  const port = Number(server.address.split(':')[1]);
  const statusFor = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, agent: false, headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      call.on('error', reject).end();
    });
  try {
    for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]:80', 'LOCALHOST:1', hostname()])
      assert.equal(await statusFor(host), 200);
    for (const host of ['rebound.example', 'localhost.example:80', '127.0.0.1.example']) {
      assert.equal(await statusFor(host), 403, host);
    }
  } finally {
    await server.close();
  }
});
