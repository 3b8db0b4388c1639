import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { PERIGEE, type Place } from './world.ts';

/** How long a command may take, milliseconds. */
const MAX_MS = 20_000;

/** What came of a command on a terminal. */
export interface OnTerminal {
  readonly code: number | null;
  /** Everything the terminal was told, with control sequences. */
  readonly raw: string;
  /** The same without them, with the line ends of a file. */
  readonly text: string;
}

/** How a command runs on a terminal. */
export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed when the terminal shows a text: pairs in the order in which the texts appear. */
  readonly type?: readonly (readonly [string | RegExp, string])[];
  readonly columns?: number;
  readonly rows?: number;
  /** What follows the command in the shell, such as a redirection. */
  readonly suffix?: string;
}

/** Why commands cannot be tried on a terminal here; undefined when they can. */
export const NO_TERMINAL: string | undefined = whyNone();

function whyNone(): string | undefined {
  const { error, stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  return error === undefined && stdout.includes('util-linux') ? undefined : "there is no 'script' of util-linux";
}

/** Runs a command with a pseudo terminal as its three streams. */
export function runOnTerminal(
  place: Place,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<OnTerminal> {
  const { env = {}, type = [], columns = 100, rows = 40, suffix = '' } = options;
  const words = [process.execPath, PERIGEE, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows ${rows}; ${words} ${suffix}`, '/dev/null'], {
    cwd: path.dirname(place.home),
    env: {
      PATH: process.env['PATH'],
      HOME: path.dirname(place.home),
      PERIGEE_HOME: place.home,
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      SHELL: '/bin/sh',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that waits for keys that are never typed must not wait for ever; what it showed says why.
  const timer = setTimeout(() => child.kill('SIGKILL'), MAX_MS);
  let raw = '';
  let seen = 0;
  const waiting = [...type];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    raw += piece;
    const [next] = waiting;
    if (next === undefined) return;
    const [text, keys] = next;
    const found = typeof text === 'string' ? raw.indexOf(text, seen) : raw.slice(seen).search(text);
    if (found < 0) return;
    seen = raw.length;
    waiting.shift();
    child.stdin.write(keys);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, raw, text: stripVTControlCharacters(raw).replaceAll('\r\n', '\n').replaceAll('\r', '') });
    });
  });
}
