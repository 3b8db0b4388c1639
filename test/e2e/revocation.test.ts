import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { createPlace, logged, until } from './world.ts';

/** What `project.md` §8 promises, milliseconds. */
const WITHIN_MS = 5000;

/** A connection by which one echo has come back. */
async function connected(at: string): Promise<Socket> {
  const socket = connect(Number(at.slice(at.lastIndexOf(':') + 1)), '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.write('ping');
  const back = await Promise.race([answer(socket), closed(socket)]);
  if (back === undefined) throw new Error('the connection was closed');
  assert.equal(back, 'ping');
  return socket;
}

/** The first that comes back. */
function answer(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
}

/** Resolves when it is over, in whatever way. */
function closed(socket: Socket): Promise<undefined> {
  return new Promise((resolve) => socket.on('close', () => resolve(undefined)));
}

suite('a deleted member', () => {
  /** The project and an enroller's node, a member with a service, and a member that uses it. */
  const owner = createPlace();
  const server = createPlace();
  const user = createPlace();
  let echo: Server;
  let serverId: string;
  let userId: string;

  /** Resolves to whether what the user does by the portal works now. */
  const works = async (at: string): Promise<true | undefined> => {
    try {
      (await connected(at)).destroy();
      return true;
    } catch {
      return undefined;
    }
  };
  const serverLogs = async (words: RegExp): Promise<string> => logged(await server.ok('node', 'logs', 'n'), words);

  before(async () => {
    echo = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    await owner.ok('project', 'create', 'default', 'house');
    for (const [place, ticket] of [
      [server, await owner.ok('-q', 'project', 'ticket', '--relay', 'db')],
      [user, await owner.ok('-q', 'project', 'ticket')],
    ] as const) {
      await place.ok('project', 'enroll', ticket);
      await place.ok('node', 'create', 'n');
    }
    [serverId, userId] = [await server.ok('identity', 'show'), await user.ok('identity', 'show')];
    await server.ok('tcp-outlet', 'create', '--to', `127.0.0.1:${(echo.address() as AddressInfo).port}`);
    await server.ok('relay', 'create', 'db');
    await serverLogs(/the authority tells what it takes back/);
  });
  after(async () => {
    await user.close();
    await server.close();
    await owner.close();
    echo.close();
  });

  test('loses a connection that stands, within seconds, and gets no other by the credential that it has', async () => {
    const inlet = await user.ok('tcp-inlet', 'create', '--via', 'db');
    const socket = await until(() => connected(inlet).catch(() => undefined), 'a connection by the portal');
    const ended = closed(socket);
    const start = performance.now();
    assert.equal((await owner.run(['project-member', 'delete', userId])).code, 0);
    await ended;
    const tookMs = performance.now() - start;
    assert.ok(tookMs < WITHIN_MS, `cut after ${Math.round(tookMs)} ms`);
    assert.equal(await works(inlet), undefined, 'and no new one');
    await serverLogs(new RegExp(`has taken back what it attested about ${userId}: [1-9]`));
    const enrolling = await user.run(['project', 'enroll']);
    assert.match(enrolling.stderr, /unauthorized member/);
  });

  test('is in again once it is a member again, with a new credential', async () => {
    await owner.ok('project-member', 'add', userId);
    await user.ok('project', 'enroll');
    await user.ok('node', 'stop', 'n');
    await user.ok('node', 'start', 'n');
    await user.run(['tcp-inlet', 'delete', '--all', '--yes']);
    const inlet = await user.ok('tcp-inlet', 'create', '--via', 'db');
    await until(() => works(inlet), 'a connection by the portal');
  });

  test('that offers a service is left by those who use it, and loses its relay', async () => {
    const [inlet] = (await user.json<{ bind_addr: string }[]>('tcp-inlet', 'list')).map((one) => one.bind_addr);
    const socket = await connected(inlet ?? '');
    const ended = closed(socket);
    const start = performance.now();
    await owner.ok('project-member', 'delete', serverId);
    await ended;
    assert.ok(performance.now() - start < WITHIN_MS);
    const file = await owner.ok('project', 'logs');
    await logged(file, new RegExp(`has taken back what it attested about ${serverId}: [1-9]`));
    await logged(file, /the relay db is gone/);
    assert.equal(await works(inlet ?? ''), undefined);
  });
});
