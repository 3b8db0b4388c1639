import path from 'node:path';
import { utf8 } from '../../kernel/bytes/index.ts';
import type { Clock } from '../../kernel/index.ts';

// Not by an import: short commands name log files (`hardening.md` §6).
const { closeSync, fstatSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } =
  process.getBuiltinModule('node:fs');

/** Ours: lines wait so long before they are written together, and so many bytes at most, milliseconds and bytes. */
const FLUSH_MS = 100;
const FLUSH_BYTES = 64 * 1024;

/** Log files of one node. */
export interface RotatingFileOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** A file that has grown larger is followed by another one. */
  readonly maxBytes: number;
  /** Older ones are deleted. */
  readonly maxFiles: number;
}

/** `stdout.<date>.log`, and `stdout.<date>.<n>.log` when the day's file is full. */
const NAME = /^stdout\.(\d{4}-\d{2}-\d{2})(?:\.(\d+))?\.log$/;

/** Writes lines to one file a day. */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: { readonly day: string; readonly part: number; readonly handle: number; size: number } | undefined;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #planned = false;
  /** Lines that could not be written since the last time that it worked. */
  #lost = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    // Whoever asks for the log of a process that runs finds one, also before the first lines are written.
    this.#current();
  }

  /** Adds a line; it reaches the disk within a tenth of a second. */
  write(line: string): void {
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
    else if (!this.#planned) {
      this.#planned = true;
      this.#options.clock.schedule(FLUSH_MS, () => this.flush());
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#planned = false;
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      const file = this.#current();
      const text = utf8(`${this.#lost === 0 ? '' : this.#lostLines()}${lines.join('\n')}\n`);
      const written = writeSync(file.handle, text);
      file.size += written;
      if (written < text.length) throw new Error('the disk took a part of the log only');
      this.#lost = 0;
    } catch {
      // A full disk must not end a node that serves others; the log says what it lost as soon as there is room again.
      this.#lost += lines.length;
    }
  }

  /** Writes what waits, and lets go of the file. */
  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file.handle);
    this.#file = undefined;
  }

  #lostLines(): string {
    const now = new Date(this.#options.clock.nowMs()).toISOString();
    return `${now} ERROR log: some ${this.#lost} lines before this one are lost, as they could not be written: is the disk full?\n`;
  }

  #current() {
    const day = new Date(this.#options.clock.nowMs()).toISOString().slice(0, 10);
    const file = this.#file;
    if (file?.day === day && file.size < this.#options.maxBytes) return file;
    const part = file?.day === day ? file.part + 1 : lastPart(this.#options.directory, day);
    const name = part === 0 ? `stdout.${day}.log` : `stdout.${day}.${part}.log`;
    const handle = openSync(path.join(this.#options.directory, name), 'a', 0o600);
    // Only now: when the next file cannot be opened, the one before stays what it is.
    if (file !== undefined) closeSync(file.handle);
    this.#file = { day, part, handle, size: fstatSync(handle).size };
    const old = logsOf(this.#options.directory).slice(0, -this.#options.maxFiles);
    for (const { name: oldName } of old) rmSync(path.join(this.#options.directory, oldName), { force: true });
    return this.#file;
  }
}

/** The log file of `directory` that was begun last. */
export function newestLog(directory: string): string | undefined {
  const newest = logsOf(directory).at(-1);
  return newest && path.join(directory, newest.name);
}

interface LogFile {
  readonly name: string;
  readonly day: string;
  readonly part: number;
}

/** Oldest first. */
function logsOf(directory: string): LogFile[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const files = names.flatMap((name) => {
    const [, day, part = '0'] = NAME.exec(name) ?? [];
    return day === undefined ? [] : [{ name, day, part: Number(part) }];
  });
  return files.sort((a, b) => (a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1));
}

function lastPart(directory: string, day: string): number {
  return logsOf(directory).findLast((file) => file.day === day)?.part ?? 0;
}
