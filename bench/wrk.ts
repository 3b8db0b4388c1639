import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';

/** What a run of the load generator showed. */
export interface Load {
  readonly perSecond: number;
  /** 99th percentile in milliseconds. */
  readonly p99: number;
}

/** How to load a server. */
export interface LoadOptions {
  readonly seconds: number;
  readonly connections: number;
  /** The core that the generator must stay on. */
  readonly core?: number;
}

/** Posts 256 bytes again and again with Debian's wrk. Throws when any answer was no success. */
export function load(url: string, { seconds, connections, core }: LoadOptions): Load {
  const script = path.join(import.meta.dirname, 'post.lua');
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url];
  const [command = '', ...args] = core === undefined ? wrk : ['taskset', '-c', String(core), ...wrk];
  const text = execFileSync(command, args, { encoding: 'utf8' });
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(text);
  if (failed !== null) throw new Error(`${url}: ${failed[0]}`);
  const [, amount = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const scale: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]), p99: Number(amount) * (scale[unit] ?? 1) };
}

/** A port of the loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
