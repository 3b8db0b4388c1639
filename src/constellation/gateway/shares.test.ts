import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { request } from '../../network/http/index.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import { application, route } from '../testdata/application.ts';
import { House } from '../testdata/house.ts';
import { linkPair, memoryPeer } from '../testdata/memory-link.ts';
import { RawPeer } from '../testdata/raw-peer.ts';
import { output, type ScriptedCall } from '../testdata/scripted-sandbox.ts';

// What one client, or one member, cannot take from all others. Every address of 127.0.0.0/8 is a client of its own.

const bundle = await application({ functions: { f: 'module f', g: 'module g' } });

interface Answer {
  readonly status: number;
  readonly code: unknown;
}

/** One request of the client at `from`. */
function ask(h: House, path: string, from: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(h.url + path, {
      localAddress: from,
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        const code = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>)['code'] : undefined;
        resolve({ status: response.statusCode ?? 0, code });
      });
    });
    sent.end(body);
  });
}

async function house(options: Parameters<typeof House.create>[1]): Promise<{ h: House; held: ScriptedCall[] }> {
  const h = await House.create(bundle, options);
  const { sandbox } = await h.addSat('one');
  const held: ScriptedCall[] = [];
  sandbox.script = (call) => held.push(call);
  return { h, held };
}

const OVERLOADED = { status: 503, code: 'GATEWAY_OVERLOADED' };
const SERVED = { status: 200, code: undefined };

suite('one client', () => {
  test('cannot have all requests that may be open', async () => {
    const { h, held } = await house({ limits: { requests: 4 } });
    await using _ = h;
    const greedy = [ask(h, '/f', '127.0.0.1'), ask(h, '/f', '127.0.0.1')];
    await h.until(() => held.length === 2);
    assert.deepEqual(await ask(h, '/f', '127.0.0.1'), OVERLOADED);
    const other = ask(h, '/f', '127.0.0.2');
    await h.until(() => held.length === 3);
    for (const call of held) call.finish(output('ok'));
    assert.deepEqual(await Promise.all([...greedy, other]), [SERVED, SERVED, SERVED]);
    const again = ask(h, '/f', '127.0.0.1');
    await h.until(() => held.length === 4);
    held[3]!.finish(output('ok'));
    assert.deepEqual(await again, SERVED, 'what was held is given back');
  });

  test('cannot have all bytes of bodies', async () => {
    const { h, held } = await house({ limits: { totalBodyBytes: 1000 } });
    await using _ = h;
    const greedy = ask(h, '/f', '127.0.0.1', 'x'.repeat(400));
    await h.until(() => held.length === 1);
    assert.deepEqual(await ask(h, '/f', '127.0.0.1', 'x'.repeat(400)), OVERLOADED);
    const other = ask(h, '/f', '127.0.0.2', 'x'.repeat(400));
    await h.until(() => held.length === 2);
    for (const call of held) call.finish(output('ok'));
    assert.deepEqual(await Promise.all([greedy, other]), [SERVED, SERVED]);
  });

  test('cannot fill the memory with what functions make for it', async () => {
    const steps = await application({
      functions: { f: 'module f', g: 'module g' },
      handlers: route('GET', '/s', 'f', 'g'),
    });
    await using h = await House.create(steps, { limits: { totalBodyBytes: 1_000_000 } });
    const { sandbox } = await h.addSat('one');
    const held: ScriptedCall[] = [];
    sandbox.script = (call) => held.push(call);
    const first = ask(h, '/s', '127.0.0.1');
    await h.until(() => held.length === 1);
    held[0]!.finish(output('x'.repeat(400_000)));
    await h.until(() => held.length === 2);
    const second = ask(h, '/s', '127.0.0.1');
    await h.until(() => held.length === 3);
    held[2]!.finish(output('x'.repeat(400_000)));
    assert.deepEqual(await second, OVERLOADED);
    const other = ask(h, '/s', '127.0.0.2');
    await h.until(() => held.length === 4);
    held[3]!.finish(output('x'.repeat(400_000)));
    await h.until(() => held.length === 5);
    for (const call of held) call.finish(output('ok'));
    assert.deepEqual(await Promise.all([first, other]), [SERVED, SERVED]);
    const again = ask(h, '/s', '127.0.0.1');
    await h.until(() => held.length === 6);
    held[5]!.finish(output('x'.repeat(400_000)));
    await h.until(() => held.length === 7);
    held[6]!.finish(output('ok'));
    assert.deepEqual(await again, SERVED, 'what was held is given back');
  });

  test('that does not read its answers gets no more of them than it may keep here', async () => {
    const size = 16 << 20;
    const { h, held } = await house({ limits: { totalBodyBytes: 2 * size + 1000 } });
    await using _ = h;
    const { hostname, port } = new URL(h.url);
    const deaf: Socket[] = [];
    for (let i = 0; i < 2; i++) {
      const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.1' });
      socket.write('GET /f HTTP/1.1\r\nHost: x\r\n\r\n');
      deaf.push(socket);
      await h.until(() => held.length === i + 1);
    }
    for (const call of held) call.finish(output('x'.repeat(size)));
    await h.until(() => h.gateway.status.requests.open === 0);
    const codes = h.events.flatMap((event) => (event.kind === 'request' ? [event.code] : []));
    assert.deepEqual(codes, [undefined, 'GATEWAY_OVERLOADED']);
    const other = ask(h, '/f', '127.0.0.2');
    await h.until(() => held.length === 3);
    held[2]!.finish(output('ok'));
    assert.deepEqual(await other, SERVED);
    for (const socket of deaf) socket.destroy();
    await settle();
  });

  test('cannot have all connections', async () => {
    const { h, held } = await house({ limits: { connections: 4 } });
    await using _ = h;
    const { hostname, port } = new URL(h.url);
    const open = new Set<Socket>();
    for (let i = 0; i < 8; i++) {
      const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.1' });
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    await h.until(() => open.size === 2);
    const other = ask(h, '/f', '127.0.0.2');
    await h.until(() => held.length === 1);
    held[0]!.finish(output('ok'));
    assert.deepEqual(await other, SERVED);
    for (const socket of open) socket.destroy();
  });

  test('that fills the line of one function keeps nobody out of that of another', async () => {
    const h = await House.create(bundle, { limits: { waiting: 3 } });
    await using _ = h;
    const { sandbox } = await h.addSat('one', { limits: { concurrency: 1 } });
    const held: ScriptedCall[] = [];
    sandbox.script = (call) => held.push(call);
    const greedy = [ask(h, '/f', '127.0.0.1')];
    await h.until(() => held.length === 1);
    for (let waiting = 1; waiting <= 3; waiting++) {
      greedy.push(ask(h, '/f', '127.0.0.1'));
      await h.until(() => h.gateway.status.requests.waiting === waiting);
    }
    const other = ask(h, '/g', '127.0.0.2');
    await h.until(() => h.events.some((event) => event.kind === 'request' && event.code === 'GATEWAY_OVERLOADED'));
    assert.equal(h.gateway.status.requests.waiting, 3);
    for (let i = 0; i < 4; i++) {
      await h.until(() => held.length === i + 1);
      held[i]!.finish(output('ok'));
    }
    assert.deepEqual(await other, SERVED);
    const statuses = (await Promise.all(greedy)).map(({ status }) => status);
    assert.deepEqual(statuses, [200, 200, 200, 503]);
  });
});

suite('one member', () => {
  test('cannot have all seats, nor all places of newcomers', async () => {
    const h = await House.create(bundle, { limits: { satsOfMember: 2, sats: 4, newcomers: 4 } });
    await using _ = h;
    const greedy = memoryPeer('Igreedy', { 'perigee-sat': 'main' });
    const raws = Array.from({ length: 6 }, () => {
      const pair = linkPair(greedy, h.gatewayPeer);
      h.gateway.acceptLink(pair.gateway);
      return new RawPeer(pair.sat);
    });
    await h.until(() => raws.filter(({ closed }) => closed).length === 4);
    assert.equal(await raws[2]!.bye(), 1, 'it is told that it was refused');
    const [refused] = h.events.flatMap((event) => (event.kind === 'sat-refused' ? [event] : []));
    assert.deepEqual([refused?.peer, refused?.check], ['Igreedy', 'capacity']);
    assert.match(refused?.reason ?? '', /2 links/);
    assert.deepEqual((await h.addSat('honest')).events.map(({ kind }) => kind).slice(0, 1), ['joined']);
    raws[0]!.link.close();
    await h.until(() => h.events.some((event) => event.kind === 'sat-refused' && event.reason.startsWith('closed')));
    assert.deepEqual(
      (await h.addSat('greedy', {}, greedy)).events.map(({ kind }) => kind).slice(0, 1),
      ['joined'],
      'a place that was left can be had again',
    );
  });
});
