/** Threads that see nothing of the process around them. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { getLogger } from '@logtape/logtape';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/**
 * Starts the file `name` of this folder as a thread without environment, arguments or standard input. The extension is the
 * one this file has: `.ts` in the repository, `.js` in the package.
 */
export function startIsolated(
  name: 'guest/thread' | 'pool/ticker' | 'compile/compiler',
  options: WorkerOptions,
): Worker {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const worker = new Worker(new URL(`./${name}${extension}`, import.meta.url), {
    ...options,
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
  });
  const tell = (text: Uint8Array): void => logger.warn('{name}: {text}', { name, text: String(text) });
  worker.stdout.on('data', tell);
  worker.stderr.on('data', tell);
  return worker;
}
