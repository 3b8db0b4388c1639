/** Where the text of a configuration comes from: a file, an address, the command line (`commands.md` §8.10). */
import { stat } from 'node:fs/promises';
import { readBytes } from '../arguments/read-file.ts';
import { quoted } from '../../kernel/index.ts';
import { CliError } from '../errors.ts';
import { configurationError, MAX_TEXT_LENGTH } from './document.ts';

const DOWNLOAD_MS = 30_000;

/** A configuration before it is read. */
export interface Source {
  readonly text: string;
  /** What places in it begin with. */
  readonly name: string;
}

/** What is at `given`, or undefined when that is neither an address nor a file. @throws {CliError} CLI_CONFIGURATION */
export async function sourceAt(given: string, signal: AbortSignal): Promise<Source | undefined> {
  const address = addressIn(given);
  if (address !== undefined) return { text: await download(address, given, signal), name: given };
  const found = await stat(given).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > MAX_TEXT_LENGTH) throw tooLarge(given);
  return { text: textOf(await readBytes(given), given), name: given };
}

/** `host:port` and `host:port/path` mean HTTP. */
function addressIn(given: string): URL | undefined {
  const text = /^(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}(?:\/\S*)?$/.test(given) ? `http://${given}` : given;
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** The file decides what this machine opens to others, so nobody on the way may change it: HTTPS, and no redirects. */
async function download(address: URL, given: string, signal: AbortSignal): Promise<string> {
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(address.hostname);
  if (address.protocol !== 'https:' && !isLoopback) {
    throw new CliError('CLI_CONFIGURATION', `${quoted(given)} is not fetched: anybody on the way could change it`, {
      remedy: 'use an address with https://, or a file',
    });
  }
  try {
    const response = await fetch(address, {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]),
    });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_TEXT_LENGTH) throw tooLarge(given);
      chunks.push(chunk);
    }
    return textOf(Buffer.concat(chunks), given);
  } catch (cause) {
    signal.throwIfAborted();
    throw new CliError('CLI_CONFIGURATION', `Failed to download file from ${quoted(given)}`, { cause });
  }
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw configurationError('could not parse the node configuration file: it is not UTF-8', `${name}:1:1`, cause);
  }
}

function tooLarge(name: string): CliError {
  return configurationError(
    `could not parse the node configuration file: it is larger than ${MAX_TEXT_LENGTH} bytes`,
    `${name}:1:1`,
  );
}
