/**
 * One run of the command line (`commands.md` §1): version · placeholders · global flags · which command · its arguments ·
 * the command · its error. Only the command that is called is loaded, so that a short one starts fast (`hardening.md` §6).
 *
 * Folders: `arguments/` from words to values · `output/` results, notifications, failures · `documentation/` help and pages ·
 * `commands/` a file for each command, and what they share in `options/`, `questions/`, `reports/`, `nodes/`, `projects/` ·
 * `configuration/` files that ask for commands · `completion/` keys of shells · `terminal/` programs and threads beside a terminal.
 */
import type { CommandContext } from './command.ts';
import { ENTRIES } from './commands/index.ts';
import {
  type Environment,
  hasLightGround,
  isExporting,
  isLogging,
  rendersMarkdown,
  showsHidden,
} from './environment.ts';
import { CliError, EXIT } from './errors.ts';
import { type Globals, mayBeGroup, takeGlobals } from './arguments/globals.ts';
import { Output, type Sink } from './output/output.ts';
import { type HelpInstead, prepareCommand, type Preparation } from './prepare-command.ts';
import { fillPlaceholders } from './arguments/stdin-placeholder.ts';
import { createStyle } from './output/style.ts';
import type { CommandTelemetry } from './telemetry/index.ts';
import { findCommand, type Target } from './arguments/tree.ts';

/** Where a run takes its input from and puts its output. */
export interface ProgramOptions {
  readonly argv: readonly string[];
  /** What it calls itself. */
  readonly program: string;
  readonly environment: Environment;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Shows a text page by page; resolves to false when it cannot. Used for help and complaints on a terminal. */
  readonly page?: (text: string) => Promise<boolean>;
  /** Told that something was given up which may keep the process from ending by itself. */
  readonly onGivenUp?: () => void;
}

/** Runs the command in `argv`; resolves to the exit code. */
export async function main(options: ProgramOptions): Promise<number> {
  const { program, environment, stdin, stdout, stderr } = options;
  if (options.argv[0] === '__complete') return complete(options);
  if (options.argv.some((argument) => argument === '-V' || argument === '--version')) {
    const { version } = await import('./version.ts');
    stdout.write(`${version(program)}\n`);
    return EXIT.ok;
  }
  let output: Output | undefined;
  try {
    const argv = fillPlaceholders(options.argv, () => (stdin.isTTY === true ? undefined : readLine()));
    const taken = takeGlobals(argv, environment);
    const { globals, target } = await ungrouped(taken.globals, await findCommand(ENTRIES, taken.rest, program));
    output = new Output(globals, stdout, stderr, {
      dumb: environment['TERM'] === 'dumb',
      interactive: stdin.isTTY === true && !isAutomatic(environment),
      light: hasLightGround(environment),
    });
    if (globals.pretty) output.warn('--pretty is deprecated. This flag has no effect');
    if (target.kind === 'command') return await runCommand(target, { output, globals, environment, program }, options);
    return await showHelp({ text: await helpOf(target, options, output), asked: target.asked !== undefined }, options);
  } catch (error) {
    const { exitCodeOf, renderError, renderUsageError } = await import('./output/render-error.ts');
    const code = exitCodeOf(error);
    if (code === EXIT.usage) await showHelp({ text: renderUsageError(error), asked: false }, options);
    else stderr.write(renderError(error, output?.style ?? createStyle(false)));
    return code;
  }
}

/** Which letters of a group are global flags is known when the command is: `-yq` is `-y -q` where there is a `-y`. */
async function ungrouped(
  globals: Globals,
  target: Target,
): Promise<{ readonly globals: Globals; readonly target: Target }> {
  if (target.kind === 'group' || !target.argv.some(mayBeGroup)) return { globals, target };
  const [{ takeGrouped }, { declareLeaf }] = await Promise.all([
    import('./arguments/grouped-flags.ts'),
    import('./arguments/leaf.ts'),
  ]);
  const command = declareLeaf(await target.entry.load(), { name: target.entry.name, summary: target.entry.summary });
  const { quiet, verbose, argv } = takeGrouped(command, target.argv);
  return {
    globals: { ...globals, quiet: globals.quiet || quiet, verbose: globals.verbose + verbose },
    target: { ...target, argv },
  };
}

/** What shells ask at a key. The words are those of somebody who still writes: they can be anything, and are no arguments. */
async function complete({ argv, environment, stdout, stderr }: ProgramOptions): Promise<number> {
  const { completionAnswer } = await import('./completion/index.ts');
  try {
    stdout.write(await completionAnswer(argv.slice(1), { entries: ENTRIES, environment }));
    return EXIT.ok;
  } catch (error) {
    const { exitCodeOf, renderError } = await import('./output/render-error.ts');
    // Shells throw this away; whoever looks for the reason calls it by hand.
    stderr.write(renderError(error, createStyle(false)));
    return exitCodeOf(error);
  }
}

/** Nobody sits at the terminal of an automatic build. */
function isAutomatic({ CI }: Environment): boolean {
  return CI !== undefined && !/^(|0|false)$/i.test(CI);
}

async function helpOf(
  { path, summary, entries, asked }: Extract<Target, { kind: 'group' }>,
  { program, environment }: ProgramOptions,
  output: Output,
): Promise<string> {
  if (rendersMarkdown(environment)) {
    const [{ groupPage, markdownPage }, { ABOUT }] = await Promise.all([
      import('./documentation/index.ts'),
      import('./documentation/help.ts'),
    ]);
    const shown = entries.filter((entry) => entry.hidden !== true || showsHidden(environment));
    return markdownPage(groupPage([program, ...path], summary ?? ABOUT, shown));
  }
  const { groupHelp } = await import('./documentation/help.ts');
  return groupHelp({
    name: [program, ...path].join(' '),
    summary,
    entries,
    style: output.resultStyle,
    hidden: showsHidden(environment),
    long: asked === 'long',
  });
}

/** Help that was asked for is a result; help because something is missing, and complaints, are none (`commands.md` §5.6). */
async function showHelp(
  { text, asked }: HelpInstead,
  { stdout, stderr, page }: Pick<ProgramOptions, 'stdout' | 'stderr' | 'page'>,
): Promise<number> {
  const isPaged = stdout.isTTY === true && page !== undefined && (await page(text));
  if (!isPaged && asked) stdout.write(text);
  if (!isPaged && !asked) stderr.write(stderr.isTTY === true ? text : withoutStyles(text));
  return asked ? EXIT.ok : EXIT.usage;
}

function withoutStyles(text: string): string {
  return process.getBuiltinModule('node:util').stripVTControlCharacters(text);
}

async function runCommand(
  target: Extract<Target, { kind: 'command' }>,
  preparation: Preparation,
  options: ProgramOptions,
): Promise<number> {
  const command = await prepareCommand(target, preparation);
  if (command.help !== undefined) return showHelp(command.help, options);
  const { output, globals } = preparation;
  if (globals.parseOnly) return EXIT.ok;
  await using resources = new AsyncDisposableStack();
  if (globals.jq !== undefined && globals.format === 'json') {
    const { startJq } = await import('./terminal/jq.ts');
    const filter = resources.use(await startJq(globals.jq));
    output.filterWith((json) => filter.apply(json, globals.compact));
  }
  const controller = new AbortController();
  resources.defer(abortOnSignals(controller));
  // A process in the background has a log and an export of its own.
  const telemetry = target.path[0] === 'process' ? undefined : await telemetryOf(target.path, preparation);
  const context: CommandContext = { ...preparation, signal: controller.signal, telemetry };
  const logs = (globals.verbose > 0 || isLogging(preparation.environment)) && target.path[0] !== 'process';
  const log = logs ? resources.use((await import('./logging.ts')).logCommand(context, target.path)) : undefined;
  // Before the log is closed, as what goes wrong with it may be told there.
  if (telemetry !== undefined) resources.defer(async () => void ((await telemetry.close()) || options.onGivenUp?.()));
  try {
    const code = await (telemetry === undefined
      ? command.run(context)
      : telemetry.around(() => command.run(context), command.trace));
    await output.settled();
    return code;
  } catch (thrown) {
    const error = controller.signal.aborted && thrown === controller.signal.reason ? interrupted(thrown) : thrown;
    log?.failed(error);
    // What was written before the failure counts; a failure of the query as well is one too many.
    await output.settled().catch(() => undefined);
    throw error;
  }
}

/** Most commands export nothing, and are not to load what would. */
async function telemetryOf(
  words: readonly string[],
  { environment, output }: Preparation,
): Promise<CommandTelemetry | undefined> {
  if (!isExporting(environment)) return undefined;
  const { exportCommand } = await import('./telemetry/index.ts');
  return exportCommand(environment, words, (line) => output.failure(`${line}\n`));
}

/** What was being done is not done; whoever sent the signal knows why. */
function interrupted(signal: unknown): CliError {
  return new CliError('CLI_INTERRUPTED', `interrupted by ${String(signal)} before it was done`);
}

/** The first signal asks the command to end; a second one ends the process as if nobody had listened. */
function abortOnSignals(controller: AbortController): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    controller.abort(signal);
  };
  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return stop;
}

/** Ours: how long to wait for input that is not there yet, at a time, milliseconds. */
const INPUT_PAUSE_MS = 10;

/** One line of standard input, without a buffer that would swallow what follows it. */
function readLine(): string | undefined {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (bytes.length < 64 * 1024 && readByte(byte) === 1) {
    if (byte[0] === 0x0a) return Buffer.from(bytes).toString();
    bytes.push(byte[0] ?? 0);
  }
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString();
}

/** Waits for it, also where whoever made the pipe has set it not to wait. */
function readByte(byte: Uint8Array): number {
  const { readSync } = process.getBuiltinModule('node:fs');
  for (;;) {
    try {
      return readSync(0, byte, 0, 1, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, INPUT_PAUSE_MS);
    }
  }
}
