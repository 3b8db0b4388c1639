import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
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
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import { CliError, EXIT } from '../../errors.ts';
import { type Isolation, isolationOption } from '../../options/isolation-option.ts';
import {
  byteCount,
  durationMs,
  keyValue,
  pairsOf,
  port,
  RepeatableOption,
  wholeNumber,
} from '../../arguments/values.ts';
import { VERSION } from '../../version.ts';
import { ownerGrantOf, type WasiOptions, wasiOptions } from '../../options/wasi-options.ts';

/** How long calls in flight may take after the process was told to end. */
const DRAIN_MS = 10_000;

type Options = WasiOptions & {
  readonly fqmn?: string;
  readonly httpPort: number;
  readonly host: string;
  readonly stdin?: true;
  readonly capabilities?: string;
  readonly compat?: 'suborbital';
  readonly static?: string;
  readonly secret?: readonly string[];
  readonly secretEnv?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout: number;
  readonly cpuTime: number;
  readonly memory: number;
  readonly workers: number;
  readonly isolation?: Isolation;
  readonly concurrency: number;
  readonly metrics?: string;
};

/** `sat run MODULE` (`commands.md` §8.1). */
export const command: CommandDefinition<Options> = {
  about: 'Serves one WebAssembly function over HTTP, or runs it once with what standard input holds.',
  examples: [
    ['perigee sat run hello.wasm', 'serve the function on a free port of this machine'],
    ['echo \'{"name":"Ada"}\' | perigee sat run hello.wasm --stdin', 'run it once'],
    ['perigee sat run modules.wasm.zip --fqmn greet --http-port 8080', 'serve one function of a bundle'],
    ['perigee sat run words.wasm --stdin --wasi-dir /data=./texts < input', 'run a program that reads files'],
  ],
  configure,
  run: async (context, options, [source = '']) => {
    const module = await loadModule({
      source,
      fqmn: options.fqmn,
      compat: options.compat,
      clock: systemClock,
      signal: context.signal,
    });
    const host = await openHost(context, options, module);
    return options.stdin === true ? runOnce(context, host) : serve(context, options, module, host);
  },
};

function configure(command: Command): void {
  command
    .argument('<MODULE>', 'path or https address of a .wasm file, or path of a bundle')
    .option('--fqmn <NAME>', 'which module of a bundle')
    .addOption(
      new Option('--http-port <PORT>', 'port to listen on, 0 for a free one')
        .env('SAT_HTTP_PORT')
        .default(0)
        .argParser(port),
    )
    .option('--host <ADDRESS>', 'address to listen on', '127.0.0.1')
    .option('--stdin', 'no server: all of standard input is the input of one call, its output goes to standard output')
    .option('--capabilities <FILE>', 'what the function may do, YAML or JSON; default: log and read its request')
    .addOption(new Option('--compat <MODE>', "the reference's permissive defaults").choices(['suborbital']))
    .option('--static <DIRECTORY>', 'files that the function may read if that is granted')
    .addOption(
      new RepeatableOption(
        '--secret <NAME=VALUE>',
        'a secret the function may read if that is granted',
        keyValue(false),
      ),
    )
    .addOption(new RepeatableOption('--secret-env <NAME>', 'a secret from the environment variable of that name'))
    .addOption(new RepeatableOption('--env <NAME>', 'environment variable that grants may name as env(NAME)'))
    .option('--timeout <DURATION>', 'deadline of a call', durationMs, 30_000)
    .option('--cpu-time <DURATION>', 'time that a call may spend running', durationMs, 5_000)
    .option('--memory <SIZE>', "largest size of the function's memory", byteCount, 128 * 1024 * 1024)
    .option('--workers <N>', 'threads that run functions', wholeNumber(1, 256), availableParallelism())
    .addOption(isolationOption());
  wasiOptions(command)
    .option('--concurrency <N>', 'calls in flight; callers above it wait', wholeNumber(1, 12_000), 1024)
    .option('--metrics <ADDRESS:PORT>', 'where Prometheus may scrape; a port alone is of this machine', hostPort);
}

async function openHost(
  { output, environment }: CommandContext,
  options: Options,
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
  { static: directory }: Options,
  { staticFiles }: LoadedModule,
): Promise<ReadStatic | undefined> {
  if (directory !== undefined) return staticDirectory(directory);
  return staticFiles && ((name) => Promise.resolve(staticFiles.get(name)));
}

async function serve(
  context: CommandContext,
  options: Options,
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
  options: Options,
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
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = {
    method: 'POST',
    url: '/',
    id: crypto.randomUUID(),
    body: Buffer.concat(chunks),
    headers: new Map<string, string>(),
    params: new Map<string, string>(),
    state: new Map<string, Uint8Array>(),
    responseHeaders: new Map<string, string>(),
  };
  const result = await host.call(request, signal);
  await host.close(0);
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
