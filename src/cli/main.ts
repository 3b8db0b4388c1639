import { main } from './program.ts';

// A reader that has gone, such as `head`, is no failure of ours, and nothing is left to tell it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main({
  argv: process.argv.slice(2),
  program: process.argv[1]?.split(/[\\/]/).at(-1) === 'ockam' ? 'ockam' : 'perigee',
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  page: async (text) => (await import('./terminal/pager.ts')).page(text, process.env),
});
