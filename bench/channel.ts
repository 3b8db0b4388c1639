// One secure channel on loopback, each end in a process of its own: bytes per second, and set-ups per second (a new TCP
// connection and a handshake each), against @chainsafe/libp2p-noise over libp2p's TCP with yamux. Before anything is counted
// each contestant does as much as it takes until its engine has compiled what runs often, both processes of both alike.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { compare } from './harness.ts';

const CHUNK = new Uint8Array(48 * 1024).fill(7);
const MEGABYTES = 512;
const SETUPS = 300;
/** Work of each contestant before the first round that counts. */
const WARM_MEGABYTES = 3000;
const WARM_SETUPS = 2000;

/** What the two ends of an implementation do; loaded only in the process that needs it. */
interface Implementation {
  /** Listens, counts what comes in, and answers each megabyte mark; resolves to where it listens. */
  readonly serve: (onBytes: (count: number) => void) => Promise<string>;
  readonly connect: (to: string) => Promise<Client>;
}

interface Client {
  /** Sends `count` chunks as fast as they are taken. */
  readonly send: (chunk: Uint8Array, count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const role = process.env['BENCH_ROLE'];
if (role !== undefined) await serverProcess(await load(role));
else await measure();

async function load(name: string): Promise<Implementation> {
  return name === 'perigee'
    ? (await import('./channel-perigee.ts')).perigee
    : (await import('./channel-libp2p.ts')).libp2p;
}

async function serverProcess(implementation: Implementation): Promise<void> {
  let bytes = 0;
  let wanted = Number.POSITIVE_INFINITY;
  const at = await implementation.serve((count) => {
    bytes += count;
    if (bytes >= wanted) {
      process.send?.({ done: bytes });
      bytes = 0;
      wanted = Number.POSITIVE_INFINITY;
    }
  });
  process.on('message', (message: { expect: number }) => {
    wanted = message.expect;
    process.send?.({ ready: true });
  });
  process.send?.({ at });
}

async function measure(): Promise<void> {
  const names = ['perigee', 'libp2p'] as const;
  const servers = new Map<string, { child: ChildProcess; at: string; implementation: Implementation }>();
  for (const name of names) {
    const child = fork(import.meta.filename, { env: { ...process.env, BENCH_ROLE: name } });
    const [message] = (await once(child, 'message')) as [{ at: string }];
    servers.set(name, { child, at: message.at, implementation: await load(name) });
  }
  const of = (name: string) => servers.get(name) ?? raise(name);

  const throughput = (name: string, megabytes: number) => async (): Promise<number> => {
    const { child, at, implementation } = of(name);
    const client = await implementation.connect(at);
    const count = Math.ceil((megabytes * 1e6) / CHUNK.length);
    const ready = once(child, 'message');
    child.send({ expect: count * CHUNK.length });
    await ready;
    const done = once(child, 'message');
    const start = performance.now();
    await client.send(CHUNK, count);
    await done;
    const seconds = (performance.now() - start) / 1000;
    await client.close();
    return (count * CHUNK.length) / 1e6 / seconds;
  };
  /** @param overlapping whether each begins when the one before is open, which is closed meanwhile; else when that is gone. */
  const setups = (name: string, count: number, overlapping: boolean) => async (): Promise<number> => {
    const { at, implementation } = of(name);
    const closing: Promise<void>[] = [];
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const closed = (await implementation.connect(at)).close();
      if (overlapping) closing.push(closed);
      else await closed;
    }
    await Promise.all(closing);
    return (count / (performance.now() - start)) * 1000;
  };

  const peer = 'libp2p';
  for (const name of names) await throughput(name, WARM_MEGABYTES)();
  await compare({
    title: 'channel, one way, 48 KiB',
    unit: 'MB/s',
    peer,
    goal: 3,
    ours: throughput('perigee', MEGABYTES),
    theirs: throughput('libp2p', MEGABYTES),
  });
  for (const name of names) await setups(name, WARM_SETUPS, false)();
  await compare({
    title: 'channel set-ups, one after the other',
    unit: '/s',
    peer,
    goal: 3,
    ours: setups('perigee', SETUPS, true),
    theirs: setups('libp2p', SETUPS, true),
  });
  await compare({
    title: 'the same, each when the last one is gone',
    unit: '/s',
    peer,
    ours: setups('perigee', SETUPS, false),
    theirs: setups('libp2p', SETUPS, false),
  });
  for (const { child } of servers.values()) child.kill();
  process.exit(0);
}

function raise(name: string): never {
  throw new Error(`there is no server ${name}`);
}

export type { Client, Implementation };
