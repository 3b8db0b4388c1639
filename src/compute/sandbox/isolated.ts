/** Threads that see nothing of the process around them. */
import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { getLogger } from '@logtape/logtape';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/**
 * Starts the file `name` of this folder as a thread without arguments, standard input, or any variable of the environment but
 * the one by which Node finds the code that this process keeps compiled. The extension is the one this file has: `.ts` in the
 * repository, `.js` in the package.
 */
export function startIsolated(
  name: 'guest/thread' | 'pool/ticker' | 'compile/compiler',
  options: WorkerOptions,
): Worker {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const worker = new Worker(new URL(`./${name}${extension}`, import.meta.url), {
    ...options,
    env: compileCache(),
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

/** With it a thread starts sooner, and of a thread from sources Node's compiler of types, 10 MB, is not loaded. */
function compileCache(): Record<string, string> {
  const folder = getCompileCacheDir();
  // Node tells the folder of this version and these flags inside of the one it was given.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
}
