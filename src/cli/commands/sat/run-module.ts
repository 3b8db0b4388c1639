/** What `sat run` does, apart from its options, since help is to load nothing of it. */
import { addAbortSignal } from 'node:stream';
import { allowListedEnvironment } from '../../../compute/capability/index.ts';
import { describeFailure, describeStack } from '../../../compute/sandbox/index.ts';
import {
  defaultGrants,
  type FunctionHost,
  listenForRequests,
  loadModule,
  type LoadedModule,
  openFunctionHost,
  readGrantsFile,
  type ReadStatic,
  staticDirectory,
} from '../../../node/function-host/index.ts';
import { type PublishedMetrics, publishMetrics, sandboxMetrics } from '../../../node/metrics/index.ts';
import { systemClock } from '../../../node/system/index.ts';
import type { CommandContext } from '../../command.ts';
import { CliError, EXIT } from '../../errors.ts';
import { aboutFile } from '../../arguments/read-file.ts';
import { pairsOf } from '../../arguments/values.ts';
import { VERSION } from '../../version.ts';
import { ownerGrantOf } from '../../options/wasi-options.ts';
import type { SatRunOptions } from './run.ts';

/** How long calls in flight may take after the process was told to end. */
const DRAIN_MS = 10_000;
/** Ours: the most that one call takes from standard input. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/** Serves the module at `source`, or runs it once; resolves to the exit code. */
export async function runModule(context: CommandContext, options: SatRunOptions, source: string): Promise<number> {
  const { signal } = context;
  const { fqmn, compat } = options;
  const [module, host] = await aboutFile(source, async () => {
    const loaded = await loadModule({ source, fqmn, compat, clock: systemClock, signal });
    return [loaded, await openHost(context, options, loaded)] as const;
  });
  return options.stdin === true ? runOnce(context, host) : serve(context, options, module, host);
}

async function openHost(
  { output, environment }: CommandContext,
  options: SatRunOptions,
  module: LoadedModule,
): Promise<FunctionHost> {
  if (options.compat === 'suborbital')
    output.warn('--compat suborbital: functions may do what the reference lets them do by default');
  const secrets = pairsOf(options.secret ?? []);
  for (const name of options.secretEnv ?? []) {
    const value = environment[name];
    if (value === undefined)
      throw new CliError('CLI_INVALID_ENVIRONMENT', `the environment variable ${name} of --secret-env is not set`);
    secrets.set(name, value);
  }
  return openFunctionHost({
    module,
    grants:
      options.capabilities === undefined
        ? (module.grants ?? defaultGrants(options.compat))
        : await readGrantsFile(options.capabilities, { ceiling: false, compat: options.compat }),
    staticFiles: await staticFilesOf(options, module),
    secrets,
    environment: allowListedEnvironment(environment, options.env ?? []),
    timeoutMs: options.timeout,
    cpuMs: options.cpuTime,
    memoryBytes: options.memory,
    threads: options.workers,
    isolation: options.isolation ?? 'threads',
    wasi: ownerGrantOf(options),
    concurrency: options.concurrency,
    clock: systemClock,
    onLog: ({ level, functionName, message }) => output.note(`${level} ${functionName}: ${message}`),
    onTrouble: (text) => output.warn(`${module.name}: ${text}`),
  });
}

async function staticFilesOf(
  { static: directory }: SatRunOptions,
  { staticFiles }: LoadedModule,
): Promise<ReadStatic | undefined> {
  if (directory !== undefined) return staticDirectory(directory);
  return staticFiles && ((name) => Promise.resolve(staticFiles.get(name)));
}

async function serve(
  context: CommandContext,
  options: SatRunOptions,
  module: LoadedModule,
  host: FunctionHost,
): Promise<number> {
  const { output, signal } = context;
  await using open = new AsyncDisposableStack();
  open.defer(() => host.close(0));
  const metrics = await publish(context, options, module, host);
  open.defer(metrics.close);
  const front = await listenForRequests(host, {
    host: options.host,
    port: options.httpPort,
    timeoutMs: options.timeout,
    tracing: context.telemetry?.tracing,
    onFailure: (failure, requestId) =>
      output.warn(`${module.name} failed in request ${requestId}: ${failure.code}: ${describeFailure(failure)}`),
  });
  open.defer(() => front.close(DRAIN_MS));
  if (output.isTerminal) output.ok(`${module.name} is served at ${front.url}; press Ctrl-C to end`);
  output.line(
    JSON.stringify({
      digest: host.digest,
      listening: front.url,
      ...(metrics.url !== undefined && { metrics: metrics.url }),
      module: module.name,
    }),
  );
  await aborted(signal);
  return EXIT.ok;
}

async function publish(
  { output, environment }: CommandContext,
  options: SatRunOptions,
  module: LoadedModule,
  host: FunctionHost,
): Promise<PublishedMetrics> {
  return publishMetrics({
    address: options.metrics,
    environment,
    service: 'perigee-sat',
    instance: module.name,
    software: `perigee ${VERSION}`,
    clock: systemClock,
    collect: () => sandboxMetrics(host.stats()),
    onTrouble: (what) => output.warn(`metrics: ${what}`),
  });
}

async function runOnce({ output, signal }: CommandContext, host: FunctionHost): Promise<number> {
  await using open = new AsyncDisposableStack();
  open.defer(() => host.close(0));
  const request = {
    method: 'POST',
    url: '/',
    id: crypto.randomUUID(),
    body: await standardInput(signal),
    headers: new Map<string, string>(),
    params: new Map<string, string>(),
    state: new Map<string, Uint8Array>(),
    responseHeaders: new Map<string, string>(),
  };
  const result = await host.call(request, signal);
  if (result.kind === 'output') {
    output.raw(result.output ?? new Uint8Array(0));
    return EXIT.ok;
  }
  const fault =
    result.kind === 'guest-error'
      ? { status: result.code, message: result.message }
      : {
          status: 500,
          message: result.message,
          code: result.code,
          ...(result.stack !== undefined && { stack: describeStack(result.stack) }),
        };
  output.failure(`${JSON.stringify(fault)}\n`);
  return EXIT.software;
}

/** All of standard input. @throws {CliError} CLI_FAILED when it is too much; the reason of the signal */
async function standardInput(signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > MAX_INPUT_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  if (length <= MAX_INPUT_BYTES) return Buffer.concat(chunks);
  throw new CliError('CLI_FAILED', `standard input has more than ${MAX_INPUT_BYTES} bytes`, {
    remedy: 'give the function less at a time',
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
