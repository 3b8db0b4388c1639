import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { recordedTracing } from '../../../test/support/recorded-tracing.ts';
import { NodeError } from '../errors.ts';
import { runWithin } from '../telemetry/active.ts';
import { callControl, listenForControl } from './index.ts';

suite('the control interface', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-control-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const handlers = {
    'GET /status': () => ({ up: true }),
    'GET /nothing': () => undefined,
    'POST /echo': (body: Uint8Array) => fromUtf8(body),
    'POST /fail': () => {
      throw new NodeError('NODE_UNKNOWN', 'no such thing', { remedy: 'make it' });
    },
    'POST /crash': () => Promise.reject(new TypeError('inside')),
    'GET /never': () => new Promise(() => undefined),
  };

  test('answers with JSON, and passes on coded errors', async () => {
    const socket = path.join(directory, 'run', 'a.sock');
    const server = await listenForControl(socket, handlers);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    assert.equal(statSync(path.dirname(socket)).mode & 0o777, 0o700);
    assert.deepEqual(await callControl({ socket, method: 'GET', path: '/status' }), { up: true });
    assert.equal(await callControl({ socket, method: 'GET', path: '/nothing' }), null);
    const long = 'ü'.repeat(100_000);
    assert.equal(await callControl({ socket, method: 'POST', path: '/echo', body: utf8(long) }), long);
    await assert.rejects(callControl({ socket, method: 'POST', path: '/fail' }), {
      code: 'NODE_UNKNOWN',
      message: 'no such thing',
      remedy: 'make it',
    });
    await assert.rejects(callControl({ socket, method: 'POST', path: '/crash' }), {
      code: 'NODE_CONTROL',
      message: 'inside',
    });
    await assert.rejects(callControl({ socket, method: 'GET', path: '/toString' }), {
      code: 'NODE_CONTROL',
      message: /no such call/,
    });
    await assert.rejects(callControl({ socket, method: 'GET', path: '/never', timeoutMs: 20 }), {
      code: 'NODE_CONTROL',
    });
    await server.close();
    await assert.rejects(callControl({ socket, method: 'GET', path: '/status' }), { code: 'NODE_NOT_RUNNING' });
  });

  test('takes the place of a socket file that a dead process left, and outlives nonsense', async () => {
    const socket = path.join(directory, 'b.sock');
    writeFileSync(socket, '');
    const server = await listenForControl(socket, handlers);
    const stray = connect(socket);
    stray.end('\u0000\u0001 nonsense\r\n\r\n');
    stray.resume();
    await once(stray, 'close');
    assert.deepEqual(await callControl({ socket, method: 'GET', path: '/status' }), { up: true });
    await server.close();
  });

  test('a call is a span of the trace of who calls, with the code of its error', async () => {
    const socket = path.join(directory, 'c.sock');
    const { tracing, spans } = recordedTracing();
    const server = await listenForControl(socket, handlers, tracing);
    const caller = { ...tracing.begin('command'), ended: false };
    await runWithin(caller, () => callControl({ socket, method: 'POST', path: '/echo', body: utf8('secret') }));
    await callControl({ socket, method: 'GET', path: '/status' });
    await assert.rejects(callControl({ socket, method: 'POST', path: '/fail' }), { code: 'NODE_UNKNOWN' });
    await assert.rejects(callControl({ socket, method: 'GET', path: '/secret' }), { code: 'NODE_CONTROL' });
    await server.close();
    assert.deepEqual(
      spans.slice(1).map(({ name, kind, parent, error, ended }) => [name, kind, parent, error, ended]),
      [
        ['POST /echo', 'server', caller.traceparent, undefined, true],
        ['GET /status', 'server', '', undefined, true],
        ['POST /fail', 'server', '', 'NODE_UNKNOWN', true],
      ],
    );
    assert.ok(!JSON.stringify(spans).includes('secret'));
  });

  test('says that a path is too long', async () => {
    const socket = path.join(directory, 'x'.repeat(120));
    await assert.rejects(listenForControl(socket, handlers), { code: 'NODE_CONTROL', remedy: /choose a shorter home/ });
  });
});
