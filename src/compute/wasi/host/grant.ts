/** What a caller grants to one call, and its examination (`runnable-abi.md` §10.1). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { quoted, utf8 } from '../../../kernel/index.ts';
import { MAX_PATH_BYTES } from '../path-text.ts';
import { CLOCK_RESOLUTION_NS, type WasiSession } from '../session.ts';
import { WasiError } from './errors.ts';

/** One directory of the host. */
export interface GrantedDirectory {
  /** The name under which the guest finds it, such as `/data`. */
  readonly guestPath: string;
  /** Absolute. Links in it are followed, those inside of the directory only within it. */
  readonly hostPath: string;
  /** Whether the guest may change what is in it; otherwise it may only read. */
  readonly writable: boolean;
}

/** What one call is granted of WASI; whatever is left out is not granted. */
export interface WasiGrant {
  /** Arguments, the program's name first. */
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directories?: readonly GrantedDirectory[];
  readonly clock?: {
    /** Steps of the clocks, 1 000 … 1 000 000 000 ns; 100 000 when nothing is said. Fine clocks can time what neighbours do. */
    readonly resolutionNs: number;
  };
  /** What the call may add to its directories, bytes; each new name counts as 4096. 268435456 when nothing is said. */
  readonly writtenBytes?: number;
}

/** Files and directories that a call may have open at once when nothing is said, the granted ones aside. */
export const DEFAULT_HANDLES = 64;
/** What a call may add to its directories when nothing is said, bytes. */
export const DEFAULT_WRITTEN_BYTES: number = 256 << 20;

const MAX_TEXTS = 4096;
const MAX_TEXT_BYTES = 1 << 20;
const MAX_DIRECTORIES = 64;

/**
 * Examines a grant and says what the guest's thread has to know of it.
 * @param handles files and directories that may be open at once, from 1 on; the part of a number after the point does not count.
 * @throws {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED when directories cannot be confined on this system
 */
export function sessionOf(grant: WasiGrant, handles: number = DEFAULT_HANDLES): WasiSession {
  const args = grant.arguments ?? [];
  const environment = Object.entries(grant.environment ?? {}).map(([name, value]) => {
    if (name === '' || name.includes('=')) throw bad(`the variable ${quoted(name)} has no usable name`);
    return `${name}=${value}`;
  });
  checkTexts('arguments', args);
  checkTexts('environment', environment);
  const directories = grant.directories ?? [];
  checkDirectories(directories);
  return {
    arguments: args,
    environment,
    directories: directories.map(({ guestPath, writable }) => ({ guestPath, writable })),
    clockResolutionNs: whole('clock.resolutionNs', grant.clock?.resolutionNs ?? CLOCK_RESOLUTION_NS, 1000, 1e9),
    handles: Math.floor(handles),
  };
}

/** The bound on what is written, of an examined grant. @throws {WasiError} WASI_BAD_GRANT */
export function writtenBytesOf(grant: WasiGrant): number {
  return whole('writtenBytes', grant.writtenBytes ?? DEFAULT_WRITTEN_BYTES, 0, Number.MAX_SAFE_INTEGER);
}

function checkTexts(what: string, texts: readonly string[]): void {
  if (texts.length > MAX_TEXTS) throw bad(`there are more than ${MAX_TEXTS} ${what}`);
  let bytes = 0;
  for (const text of texts) {
    if (typeof text !== 'string' || !text.isWellFormed() || text.includes('\0')) {
      throw bad(`one of the ${what} is no text, or holds a NUL`);
    }
    bytes += utf8(text).length + 1;
  }
  if (bytes > MAX_TEXT_BYTES) throw bad(`the ${what} have more than ${MAX_TEXT_BYTES} bytes`);
}

function checkDirectories(directories: readonly GrantedDirectory[]): void {
  if (directories.length > MAX_DIRECTORIES) throw bad(`there are more than ${MAX_DIRECTORIES} directories`);
  for (const { guestPath, hostPath, writable } of directories) {
    checkTexts('directories', [guestPath, hostPath]);
    if (guestPath === '' || utf8(guestPath).length > MAX_PATH_BYTES) {
      throw bad(`the guest path ${quoted(guestPath)} is empty or longer than ${MAX_PATH_BYTES} bytes`);
    }
    if (!path.isAbsolute(hostPath)) throw bad(`the host path ${quoted(hostPath)} is not absolute`);
    if (typeof writable !== 'boolean') throw bad(`writable of ${quoted(guestPath)} is neither true nor false`);
  }
  if (directories.length > 0 && !canConfine()) {
    throw new WasiError('WASI_UNSUPPORTED', 'directories can be granted on Linux with a /proc only', {
      remedy: 'pass data as input or through a capability on this system',
    });
  }
}

let confinable: boolean | undefined;

/** A name is looked up in an open directory through `/proc/self/fd`; no other system has the like of it for Node. */
function canConfine(): boolean {
  confinable ??= process.platform === 'linux' && existsSync('/proc/self/fd');
  return confinable;
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(`${name} is ${quoted(value)}, not a whole number from ${least} to ${most}`);
}

function bad(message: string): WasiError {
  return new WasiError('WASI_BAD_GRANT', message, { remedy: 'correct the option wasi of the call' });
}
