import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeCertificate, missingOpenssl } from '../../../test/support/certificate.ts';
import { realClock } from '../../../test/support/guests.ts';
import { utf8 } from '../../kernel/index.ts';
import { loadModule, type LoadedModule } from './index.ts';

const MODULE = utf8('the bytes of a module');

suite('a module from an address', { skip: missingOpenssl() }, () => {
  const servers: Server[] = [];
  const trusted = getCACertificates('default');
  let [secure, plain] = ['', ''];
  /** Where `/to` leads. */
  let target = '';

  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const serve: RequestListener = ({ url }, response) => {
    if (url === '/to/f.wasm') response.writeHead(302, { location: target }).end();
    else if (url === '/f.wasm') response.end(MODULE);
    else response.writeHead(404).end();
  };
  const load = (source: string): Promise<LoadedModule> =>
    loadModule({ source, clock: realClock, signal: new AbortController().signal });

  before(async () => {
    const { key, certificate } = makeCertificate();
    setDefaultCACertificates([...trusted, certificate]);
    secure = `https://localhost:${await listen(createServer({ key, cert: certificate }, serve))}`;
    plain = `http://localhost:${await listen(createPlainServer(serve))}`;
  });
  after(() => {
    setDefaultCACertificates(trusted);
    for (const server of servers) server.close();
  });

  test('comes by TLS, also when it is somewhere else', async () => {
    assert.deepEqual((await load(`${secure}/f.wasm`)).bytes, MODULE);
    target = '/f.wasm';
    assert.deepEqual((await load(`${secure}/to/f.wasm`)).bytes, MODULE);
    await assert.rejects(load(`${secure}/none.wasm`), { code: 'NODE_INPUT', message: /answered 404/ });
  });

  test('does not come by plain HTTP, whoever says where it is', async () => {
    const refused = { code: 'NODE_INPUT', message: /not fetched over plain HTTP/ };
    await assert.rejects(load(`${plain}/f.wasm`), refused);
    target = `${plain}/f.wasm`;
    await assert.rejects(load(`${secure}/to/f.wasm`), refused);
  });

  test('is not looked for without end', async () => {
    target = '/to/f.wasm';
    await assert.rejects(load(`${secure}/to/f.wasm`), { code: 'NODE_INPUT', message: /redirected more than 10 times/ });
  });
});
