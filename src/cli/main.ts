import { main } from './program.ts';

process.exitCode = await main({
  argv: process.argv.slice(2),
  program: process.argv[1]?.split(/[\\/]/).at(-1) === 'ockam' ? 'ockam' : 'perigee',
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
