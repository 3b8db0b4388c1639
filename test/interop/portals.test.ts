/** Portals, relays and credentials between our commands and the stock one, as users of both type them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { createPlace, type Place, until } from '../e2e/world.ts';
import { Ockam, whyNoOckam } from '../support/ockam.ts';

/** Sends `text` and the end of the stream to `host:port`; what came back until the other end was closed. */
async function through(at: string, text: string): Promise<string> {
  const socket = connect(Number(at.slice(at.lastIndexOf(':') + 1)), '127.0.0.1');
  let back = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    back += chunk;
    // A stock portal has no half-close: the end of one direction ends both, so it waits for the answer.
    if (back.length >= text.length) socket.end();
  });
  // Whoever is refused got nothing back, which is what is looked at.
  socket.on('error', () => socket.destroy());
  socket.write(text);
  await once(socket, 'close');
  return back;
}

/** More than one portal message, so that the order and the pieces count. */
const TEXT = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');

suite('a stock ockam 0.139 and the perigee command', { skip: whyNoOckam() ?? false, timeout: 240_000 }, () => {
  let place: Place;
  let ockam: Ockam;
  let echo: Server;
  /** `127.0.0.1:port` of a service that sends back what it gets. */
  let target: string;

  const works = (at: string): Promise<true> =>
    until(async () => ((await through(at, TEXT)) === TEXT ? true : undefined), `echo by ${at}`);
  const route = (address: string): string => {
    const [host, port] = address.split(':');
    return `/ip4/${host}/tcp/${port}`;
  };

  before(async () => {
    place = createPlace();
    ockam = new Ockam();
    echo = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    target = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
  });
  after(async () => {
    await ockam[Symbol.asyncDispose]();
    await place.close();
    echo.close();
  });

  suite('without a project', () => {
    let stock: string;
    let ours: string;
    before(async () => {
      stock = route(await ockam.createNode('plain'));
      await place.ok('node', 'create', 'plain');
      const shown = await place.json<{ transports: { socket_addr: string }[] }>('node', 'show', 'plain');
      ours = route(shown.transports[0]?.socket_addr ?? '');
    });

    test('our inlet leads to its outlet', async () => {
      const outlet = await ockam.run('tcp-outlet', 'create', '--at', 'plain', '--to', target);
      const at = await place.ok('tcp-inlet', 'create', '--at', 'plain', '--to', `${stock}/secure/api${outlet}`);
      await works(at);
    });

    test('its inlet leads to our outlet', async () => {
      const outlet = await place.ok('tcp-outlet', 'create', '--at', 'plain', '--to', target);
      const at = await ockam.run('tcp-inlet', 'create', '--at', 'plain', '--to', `${ours}/secure/api${outlet}`);
      await works(at);
    });

    test('it is reached by a relay at our node, and we by one at its node', async () => {
      const address = await ockam.run('relay', 'create', 'stock', '--to', 'plain', '--at', ours);
      const atStock = await place.ok('tcp-inlet', 'create', '--to', `${ours}${address}/secure/api/service/outlet`);
      await works(atStock);
      const ourAddress = await place.ok('relay', 'create', 'ours', '--to', 'plain', '--at', stock);
      const atUs = await ockam.run('tcp-inlet', 'create', '--to', `${stock}${ourAddress}/secure/api/service/outlet`);
      await works(atUs);
    });
  });

  suite('in a project of ours', () => {
    before(async () => {
      await place.ok('project', 'create', 'default');
      await ockam.run('project', 'enroll', await place.ok('project', 'ticket', '--relay', 'stock'));
      await ockam.run('node', 'create', 'member');
      await place.ok('node', 'create', 'member');
    });

    test('it enrolls by our ticket, and its outlet is behind a relay at our project', async () => {
      await ockam.run('tcp-outlet', 'create', '--at', 'member', '--to', target);
      assert.equal(await ockam.run('relay', 'create', 'stock', '--to', 'member'), '/service/forward_to_stock');
      await works(await place.ok('tcp-inlet', 'create', '--at', 'member', '--via', 'stock'));
    });

    test('its inlet leads by --via to our outlet, whose policy sees what our authority attests', async () => {
      const allow = ['--allow', '(= subject.ockam-relay "stock")'];
      await place.ok('tcp-outlet', 'create', '--at', 'member', '--to', target, '--from', 'outlet', ...allow);
      await place.ok('relay', 'create', 'ours', '--to', 'member');
      await works(await ockam.run('tcp-inlet', 'create', '--at', 'member', '--via', 'ours'));
    });
  });
});
