import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, watch as watchFile } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The command as users run it: that of this checkout, or the one that `PERIGEE_TEST_COMMAND` names, as `npm run test:package` does with
 * the installed package.
 */
export const PERIGEE: string = path.resolve(
  process.env['PERIGEE_TEST_COMMAND'] ?? path.join(import.meta.dirname, '..', '..', 'bin', 'perigee'),
);
/** The folder of the package that the command belongs to. */
const PACKAGE = path.dirname(path.dirname(realpathSync(PERIGEE)));
/** The sample application, as it comes with the command. */
export const DEMO_BUNDLE: string = path.join(PACKAGE, 'examples', 'demo', 'modules.wasm.zip');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A home of its own in a temporary folder. */
export interface Place {
  readonly directory: string;
  readonly home: string;
  /** Runs a command to its end. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Runs a command that must end with 0; its standard output. */
  readonly ok: (...args: string[]) => Promise<string>;
  /** As {@link ok}, for commands with a JSON form. */
  readonly json: <T>(...args: string[]) => Promise<T>;
  /** Starts a command that goes on. */
  readonly start: (args: readonly string[], options?: RunOptions) => Running;
  /** Stops and deletes everything. */
  readonly close: () => Promise<void>;
}

/** A command that goes on. */
export interface Running {
  readonly child: ChildProcess;
  /** The next line of standard output, or undefined at its end. */
  readonly line: () => Promise<string | undefined>;
  /** The match of the next line of standard output that has `words`; rejects when it ends before. The lines before are skipped. */
  readonly shows: (words: RegExp) => Promise<RegExpExecArray>;
  /** Resolves when standard error has `text`; rejects when the command ends before. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<Ended>;
}

/** A fresh home. */
export function createPlace(): Place {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-e2e-'));
  const home = path.join(directory, 'home');
  const running = new Set<ChildProcess>();
  const start: Place['start'] = (args, options = {}) => {
    const child = launch(args, home, options);
    running.add(child);
    const watched = watch(child);
    void watched.ended.then(() => running.delete(child));
    return watched;
  };
  const run: Place['run'] = (args, options) => start(args, options).ended;
  const ok: Place['ok'] = async (...args) => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0) throw new Error(`perigee ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  return {
    directory,
    home,
    start,
    run,
    ok,
    json: async (...args) => JSON.parse(await ok(...args)) as never,
    close: async () => {
      await run(['reset', '--yes', '--all']);
      for (const child of running) child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function launch(args: readonly string[], home: string, { stdin, env }: RunOptions): ChildProcess {
  const child = spawn(process.execPath, [PERIGEE, ...args], {
    cwd: path.dirname(home),
    env: { PATH: process.env['PATH'], HOME: path.dirname(home), PERIGEE_HOME: home, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(stdin);
  return child;
}

function watch(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let over = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  reader.on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  reader.on('close', () => {
    over = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  const ended: Promise<Ended> = new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  const next = (): Promise<string | undefined> => {
    const line = lines.shift();
    if (line !== undefined || over) return Promise.resolve(line);
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    child,
    ended,
    line: next,
    shows: async (words) => {
      for (let line = await next(); line !== undefined; line = await next()) {
        const found = words.exec(line);
        if (found !== null) return found;
      }
      throw new Error(`it ended and never showed ${words}: ${stderr}`);
    },
    says: (text) => {
      const said = new Promise<void>((resolve) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr?.on('data', look);
        look();
      });
      const silent = ended.then(({ code }) => {
        if (!stderr.includes(text)) throw new Error(`it ended with ${code} and never said ${text}: ${stderr}`);
      });
      return Promise.race([said, silent]);
    },
  };
}

/**
 * What `words` match in a file to which another process writes, such as the log of a node, as soon as it is there; rejects after
 * `timeoutMs`.
 */
export function logged(file: string, words: RegExp, timeoutMs = 60_000): Promise<string> {
  return new Promise((resolve, reject) => {
    // Before the first look, or what is written in between would go unnoticed.
    const changes = watchFile(file);
    const end = (settle: () => void): void => {
      clearTimeout(late);
      changes.close();
      settle();
    };
    const late = setTimeout(() => {
      end(() => reject(new Error(`not within ${timeoutMs} ms in ${file}: ${words}`)));
    }, timeoutMs);
    const look = (): void => {
      try {
        const found = words.exec(readFileSync(file, 'utf8'))?.[0];
        if (found !== undefined) end(() => resolve(found));
      } catch (error) {
        end(() => reject(error));
      }
    };
    changes.on('change', look);
    changes.on('error', (error) => end(() => reject(error)));
    look();
  });
}

/**
 * Resolves with what `check` gives, looked at again and again; rejects after `timeoutMs`.
 *
 * Only for what nobody tells by itself: that a process is gone, which the system tells its parent alone; what a node or a gateway
 * knows and says when a command asks it; that a connection by a portal or an answer of a Sat can be had, which shows by trying; what
 * the hosts of the conformance suite keep, each in its own way. For lines of output there are {@link Running.says} and {@link Running.shows}, for those of logs {@link logged}.
 */
export async function until<T>(check: () => Promise<T | undefined>, what: string, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
