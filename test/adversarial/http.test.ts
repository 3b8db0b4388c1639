import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { utf8 } from '../../src/kernel/index.ts';
import { application, route } from '../../src/constellation/testdata/application.ts';
import { House } from '../../src/constellation/testdata/house.ts';
import { output } from '../../src/constellation/testdata/scripted-sandbox.ts';

const MIB = 1024 * 1024;
/** More than the arguments that the engine takes for one call of a function. */
const CHUNKS = 200_000;

suite('a gateway outlives a client', () => {
  test('that asks many times at once on one connection, reads nothing, and leaves', async () => {
    const functions = { a: 'module a' };
    await using house = await House.create(await application({ functions, handlers: route('GET', '/a', 'a') }), {
      limits: { totalBodyBytes: 32 * MIB },
    });
    const { sandbox } = await house.addSat('one');
    // One after the other, so that each answer is there when the next one is made.
    let turn = Promise.resolve();
    sandbox.script = ({ finish }) => {
      turn = turn.then(async () => {
        finish(output('x'.repeat(MIB)));
        await new Promise((resolve) => setImmediate(resolve));
      });
    };
    const { hostname, port } = new URL(house.url);
    const statuses = (): number[] => house.events.flatMap((event) => (event.kind === 'request' ? [event.status] : []));
    // Were anything kept of the first one, there would be less for the others.
    for (let round = 0; round < 3; round++) {
      const before = statuses().length;
      const socket = connect(Number(port), hostname).pause();
      socket.on('error', () => undefined);
      socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
      await house.until(() => statuses().length === before + 100);
      const held = statuses()
        .slice(before)
        .filter((status) => status === 200).length;
      // One client has half of the room; what the system has taken is not held any more.
      assert.ok(held > 8 && held < 32, `${held} answers of 1 MiB are held`);
      socket.destroy();
      // The gateway notices by and by that it has gone.
      let { status } = await house.fetch('/a');
      for (let tries = 0; tries < 100 && status === 503; tries++) ({ status } = await house.fetch('/a'));
      assert.equal(status, 200);
    }
  });

  test('that sends a body a byte at a time', async () => {
    const functions = { a: 'module a' };
    await using house = await House.create(await application({ functions, handlers: route('POST', '/a', 'a') }));
    const { sandbox } = await house.addSat('one');
    let length = 0;
    sandbox.script = ({ options, finish }) => {
      length = options.request?.body.length ?? 0;
      finish(output('done'));
    };
    const { hostname, port } = new URL(house.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.write('POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write(utf8(`${'1\r\nx\r\n'.repeat(CHUNKS)}0\r\n\r\n`));
    await once(socket, 'close');
    assert.match(answer, /^HTTP\/1.1 200 /);
    assert.equal(length, CHUNKS);
  });
});
