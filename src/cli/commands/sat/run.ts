import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import { type Isolation, isolationOption } from '../../options/isolation-option.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { byteCount, durationMs, keyValue, port, wholeNumber } from '../../arguments/values.ts';
import { type WasiOptions, wasiOptions } from '../../options/wasi-options.ts';

/** Values of its options. */
export type SatRunOptions = WasiOptions & {
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
export const command: CommandDefinition<SatRunOptions> = {
  about: 'Serves one WebAssembly function over HTTP, or runs it once with what standard input holds.',
  examples: [
    ['perigee sat run hello.wasm', 'serve the function on a free port of this machine'],
    ['echo \'{"name":"Ada"}\' | perigee sat run hello.wasm --stdin', 'run it once'],
    ['perigee sat run modules.wasm.zip --fqmn greet --http-port 8080', 'serve one function of a bundle'],
    ['perigee sat run words.wasm --stdin --wasi-dir /data=./texts < input', 'run a program that reads files'],
  ],
  configure,
  run: async (context, options, [source = '']) => {
    const { runModule } = await import('./run-module.ts');
    return runModule(context, options, source);
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
