/** Servers that are none, or mean harm: whatever they send, a call fails with one of our codes and the process lives. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import {
  ACCOUNT,
  type DatabaseServer,
  startMariadb,
  startPostgresql,
  whyNoMariadb,
  whyNoPostgresql,
} from '../../../test/support/database-servers.ts';
import { realClock } from '../../../test/support/guests.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Clock } from '../../kernel/index.ts';
import type { DatabasePlace, DatabaseType } from '../capability/index.ts';
import { directDialer, systemResolver } from '../egress/index.ts';
import { LOCAL_RULES, query } from './conformance.ts';
import { Databases, type DatabaseLimits } from './index.ts';

const { signal } = new AbortController();
const OURS = /^(?:DATABASE|EGRESS)_/;
const TYPES: readonly DatabaseType[] = ['postgresql', 'mysql'];

interface Fake extends AsyncDisposable {
  readonly port: number;
}

async function fake(behave: (socket: Socket) => void): Promise<Fake> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    behave(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function placeAt(type: DatabaseType, port: number, rest = ''): DatabasePlace {
  const { user, password, database } = ACCOUNT;
  const connectionString =
    type === 'mysql'
      ? `${user}:${password}@tcp(127.0.0.1:${port})/${database}${rest && '?tls=true'}`
      : `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}${rest}`;
  return { type, connectionString, rules: LOCAL_RULES };
}

async function codeAt(
  place: DatabasePlace,
  clock: Clock = realClock,
  limits: Partial<DatabaseLimits> = {},
): Promise<unknown> {
  await using databases = new Databases({ clock, dialer: directDialer({ resolver: systemResolver() }), limits });
  try {
    await databases.execute(place, query('select', 'SELECT 1 AS a, 2 AS b'), [], signal);
    return 'answered';
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

/** A server's message: type, length, body. */
function postgresqlMessage(type: string, body: readonly number[]): Uint8Array {
  const message = Buffer.alloc(5 + body.length);
  message.write(type);
  message.writeInt32BE(4 + body.length, 1);
  message.set(body, 5);
  return message;
}

for (const type of TYPES) {
  suite(`a hostile ${type} server`, () => {
    test('that never answers has so much time', async () => {
      for (const rest of ['', '?sslmode=require']) {
        const clock = new VirtualClock();
        const connected = Promise.withResolvers<void>();
        await using server = await fake((socket) => {
          socket.resume();
          connected.resolve();
        });
        const code = codeAt(placeAt(type, server.port, rest), clock);
        await connected.promise;
        await clock.advance(10_000);
        assert.equal(await code, 'EGRESS_DEADLINE');
      }
    });

    test('that hangs up', async () => {
      await using server = await fake((socket) => socket.destroy());
      for (const rest of ['', '?sslmode=require']) {
        assert.match(String(await codeAt(placeAt(type, server.port, rest))), OURS);
      }
    });

    test('that sends without end is cut off', async () => {
      for (const chunk of [
        Buffer.alloc(65_536),
        Buffer.alloc(65_536, 0xff),
        Buffer.from('S\u0000\u0000\u0001\u0000'.repeat(9000)),
      ]) {
        await using server = await fake((socket) => {
          const more = (): void => {
            while (socket.writable && socket.write(chunk));
          };
          socket.on('drain', more);
          more();
        });
        assert.match(String(await codeAt(placeAt(type, server.port), realClock, { connectMs: 5000 })), OURS);
      }
    });

    test('that speaks another language', async () => {
      const answers = [
        'HTTP/1.1 400 Bad Request\r\n\r\n',
        'SSH-2.0-OpenSSH_9\r\n',
        'E\0\0\0\u0010SERROR\0Coops\0\0',
        'R\0\0\0\u0008\0\0\0\u0003',
        'R\0\0\0\u0008\0\0\0\u0063',
        'R\0\0\0\u0017\0\0\0\u000aSCRAM-SHA-256\0\0',
        'D\0\0\0\u0006\u00ff\u00ff',
        'S\u0001\u0002\u0003',
        'J\0\0\0\u000a5.5.5-hello\0',
        '\u0001\0\0\0\u00ff',
        '\u0003\0\0\0\u00ff\u0001\u0002',
        '\0\0\0\0',
      ];
      for (const answer of answers) {
        await using server = await fake((socket) => socket.end(Buffer.from(answer, 'latin1')));
        for (const rest of ['', '?sslmode=require']) {
          assert.match(String(await codeAt(placeAt(type, server.port, rest))), OURS, JSON.stringify(answer));
        }
      }
    });
  });
}

test('bytes that come before the handshake of TLS are not taken for what came over it', async () => {
  await using server = await fake((socket) => socket.once('data', () => socket.write('SR\0\0\0\u0008\0\0\0\0')));
  assert.equal(await codeAt(placeAt('postgresql', server.port, '?sslmode=no-verify')), 'DATABASE_LOST');
});

test('a PostgreSQL server that sends rows without end, or of the wrong form, after an honest login', async () => {
  const login = Buffer.concat([
    postgresqlMessage('R', [0, 0, 0, 0]),
    postgresqlMessage('K', [0, 0, 0, 1, 0, 0, 0, 2]),
    postgresqlMessage('Z', [0x49]),
  ]);
  const setUp = Buffer.concat([postgresqlMessage('C', [...Buffer.from('SET\0')]), postgresqlMessage('Z', [0x49])]);
  const column = [0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 0];
  const row = postgresqlMessage('D', [0, 1, 0, 0, 0, 1, 0x31]);
  const described = Buffer.concat([
    postgresqlMessage('1', []),
    postgresqlMessage('2', []),
    postgresqlMessage('T', column),
  ]);
  const replies: Readonly<Record<string, Uint8Array>> = {
    'rows without end': Buffer.concat([described, ...Array.from({ length: 200_000 }, () => row)]),
    'a row with more values than columns': Buffer.concat([described, postgresqlMessage('D', [0, 9, 0, 0, 0, 1])]),
    'a row that ends too early': Buffer.concat([described, postgresqlMessage('D', [0xff, 0xff])]),
    'a value of negative length': Buffer.concat([described, postgresqlMessage('D', [0, 1, 0x80, 0, 0, 0])]),
    'a row before its columns': row,
    'an unknown message': postgresqlMessage('?', [1, 2, 3]),
    'a message of impossible length': Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]),
    'a message without length': Buffer.from([0x44, 0, 0, 0, 0, 0, 0, 0, 0]),
  };
  for (const [name, reply] of Object.entries(replies)) {
    let turn = 0;
    await using server = await fake((socket) => {
      socket.on('data', () => {
        turn++;
        if (turn === 1) socket.write(login);
        else if (turn === 2) socket.write(setUp);
        else if (turn === 3) socket.end(reply);
      });
    });
    assert.match(String(await codeAt(placeAt('postgresql', server.port), realClock, { maxRows: 1000 })), OURS, name);
  }
});

/** Between a client and a server: changes the byte at place `at` of what the server sends. */
async function flipping(target: number, at: number, mask: number): Promise<Fake & { readonly seen: () => number }> {
  let seen = 0;
  const proxy = await fake((socket) => {
    const server = connect(target, '127.0.0.1');
    let position = 0;
    server.on('error', () => socket.destroy());
    server.on('data', (bytes: Buffer) => {
      const changed = Buffer.from(bytes);
      if (at >= position && at < position + bytes.length) changed[at - position] = (changed[at - position] ?? 0) ^ mask;
      position += bytes.length;
      seen = Math.max(seen, position);
      socket.write(changed);
    });
    server.on('close', () => socket.destroy());
    socket.pipe(server);
    socket.on('close', () => server.destroy());
  });
  return { ...proxy, seen: () => seen, [Symbol.asyncDispose]: proxy[Symbol.asyncDispose].bind(proxy) };
}

for (const [type, skip, start] of [
  ['postgresql', whyNoPostgresql, startPostgresql],
  ['mysql', whyNoMariadb, startMariadb],
] as const) {
  suite(`${type}: every byte that a server sends may be another`, { skip }, () => {
    let server: DatabaseServer | undefined;
    before(async () => {
      server = await start();
    });
    after(() => server?.[Symbol.asyncDispose]());

    test('a call is answered or fails with one of our codes', async () => {
      const port = server?.port ?? 0;
      await using honest = await flipping(port, Number.POSITIVE_INFINITY, 0);
      assert.equal(await codeAt(placeAt(type, honest.port)), 'answered');
      const length = honest.seen();
      assert.ok(length > 100, `${length} bytes`);
      let failed = 0;
      const lanes = Array.from({ length: 8 }, async (_, lane) => {
        for (let at = lane; at < length; at += 8) {
          for (const mask of [0x01, 0xff]) {
            await using proxy = await flipping(port, at, mask);
            const code = await codeAt(placeAt(type, proxy.port), realClock, {
              connectMs: 200,
              statementMs: 200,
              cancelMs: 200,
            });
            if (code === 'answered') continue;
            failed++;
            assert.match(String(code), OURS, `byte ${at} of ${length} with ${mask}`);
          }
        }
      });
      await Promise.all(lanes);
      assert.ok(failed > 0);
    });
  });
}
