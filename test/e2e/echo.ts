import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { until } from './world.ts';

/** A TCP service that sends back what it gets. */
export interface EchoService {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: () => number;
  readonly close: () => void;
}

/** Starts one on the loopback. */
export async function startEchoService(): Promise<EchoService> {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, accepted: () => accepted, close: () => server.close() };
}

/** What comes back of `text` at `host:port`; less than that when the connection is refused or closed. A portal knows no half-close. */
export async function through(at: string, text: string): Promise<string> {
  const colon = at.lastIndexOf(':');
  const socket = connect(Number(at.slice(colon + 1)), at.slice(0, colon));
  let back = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    back += chunk;
    if (back.length >= text.length) socket.destroy();
  });
  // A connection that is refused or reset has brought nothing back, which is what callers look at.
  socket.on('error', () => socket.destroy());
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return back;
}

/** Resolves when text sent to `host:port` comes back. */
export async function echoes(at: string): Promise<void> {
  const text = 'are you there?';
  await until(async () => ((await through(at, text)) === text ? true : undefined), `an echo by ${at}`);
}
