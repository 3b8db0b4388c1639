/** An outlet that speaks TLS to its service; `commands.md` §8.5. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import { makeCertificate, missingOpenssl } from '../support/certificate.ts';
import { echoes, through } from './echo.ts';
import { createPlace } from './world.ts';

suite('an outlet with --tls', { timeout: 120_000, skip: missingOpenssl() }, () => {
  const place = createPlace();
  let server: Server;
  let port = 0;
  /** Names that clients asked for. */
  const asked: (string | false)[] = [];

  before(async () => {
    const { key, certificate } = makeCertificate();
    const file = path.join(place.directory, 'certificate.pem');
    writeFileSync(file, certificate);
    server = createServer({ key, cert: certificate }, (socket) => {
      asked.push(socket.servername ?? false);
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    const made = await place.run(['node', 'create', 'n1'], { env: { NODE_EXTRA_CA_CERTS: file } });
    assert.equal(made.code, 0, made.stderr);
    await place.ok('node', 'create', 'strict');
  });
  after(async () => {
    await place.close();
    server.close();
  });

  /** The port of a fresh inlet that leads to a fresh outlet. */
  const portal = async (node: string, name: string, ...outlet: string[]): Promise<string> => {
    await place.ok('tcp-outlet', 'create', '--at', node, '--from', name, ...outlet);
    return place.ok('tcp-inlet', 'create', '--at', node, '--to', `/node/${node}/secure/api/service/${name}`);
  };

  test('brings plain bytes of the inlet to a TLS service', async () => {
    const at = await portal('n1', 'right', '--to', `localhost:${port}`, '--tls');
    await echoes(at);
    assert.equal(await through(at, 'in the clear here, not there'), 'in the clear here, not there');
    assert.equal(asked.at(-1), 'localhost');
  });

  test('does not talk to a service whose certificate has another name, or is not trusted', async () => {
    const before = asked.length;
    assert.equal(await through(await portal('n1', 'other-name', '--to', `127.0.0.1:${port}`, '--tls'), 'secret'), '');
    assert.equal(await through(await portal('strict', 'unknown', '--to', `localhost:${port}`, '--tls'), 'secret'), '');
    assert.equal(await through(await portal('n1', 'plain', '--to', `localhost:${port}`), 'secret'), '');
    assert.ok(asked.length <= before + 1, 'no connection but perhaps one that its client gave up');
  });
});
