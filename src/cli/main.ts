import { main } from './program.ts';

// Not by an import, as everywhere that a short command goes through (`hardening.md` §6).
const { isatty } = process.getBuiltinModule('node:tty');

// A reader that has gone, such as `head`, is no failure of ours, and nothing is left to tell it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Only what stays is started so that it may (`hardening.md` §5.3).
if (globalThis.gc !== undefined) {
  const [{ collectWhenIdle }, { systemClock }] = await Promise.all([
    import('../node/idle-memory/index.ts'),
    import('../node/system/index.ts'),
  ]);
  collectWhenIdle(systemClock);
}

// Deadlines do not keep a process: one whose peer has hung up would end before them, without a word and as if all were well.
const untilDone = setInterval(() => undefined, 2 ** 31 - 1);
let mustExit = false;
process.exitCode = await main({
  argv: process.argv.slice(2),
  program: process.argv[1]?.split(/[\\/]/).at(-1) === 'ockam' ? 'ockam' : 'perigee',
  environment: process.env,
  // The stream would not wait for what is not there yet, and nobody else is to read what it has taken.
  stdin: { isTTY: isatty(0) },
  stdout: process.stdout,
  stderr: process.stderr,
  page: async (text) => (await import('./terminal/pager.ts')).page(text, process.env),
  onGivenUp: () => (mustExit = true),
}).finally(() => clearInterval(untilDone));
// What was written has to leave first.
if (mustExit) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
