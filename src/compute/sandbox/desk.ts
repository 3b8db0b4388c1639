/** Where the asks of guests arrive in the main thread: each is one method of the call's capabilities. */
import { getLogger } from '@logtape/logtape';
import type { CallCapabilities, CapabilityAnswer } from '../capability/index.ts';
import type { GrantedFiles } from '../wasi/host/index.ts';
import type { ThreadAsk } from './wire/index.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/** An answer that comes from here and not from a capability. */
function failed(message: string): CapabilityAnswer {
  return { ok: false, message, reason: 'failed' };
}

/** Answers that are being waited for, in all calls together. */
export class Desk {
  readonly #most: number;
  #open = 0;

  /** @param most how many answers may be open at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many answers are open. */
  get open(): number {
    return this.#open;
  }

  /**
   * Asks the capability; never rejects, and does not wait on for one that ignores its signal.
   * @param maxBytes a larger answer is withheld from the guest.
   * @param files what was granted of WASI; the guest is told of no other files.
   */
  async ask(
    capabilities: CallCapabilities,
    ask: ThreadAsk,
    maxBytes: number,
    signal: AbortSignal,
    files?: GrantedFiles,
  ): Promise<CapabilityAnswer> {
    if (this.#open >= this.#most) return failed('too many host calls are waiting for an answer');
    this.#open++;
    const ended = Promise.withResolvers<never>();
    const onAbort = (): void => ended.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await Promise.race([use(capabilities, ask, signal, files), ended.promise]);
      const length = answer.ok ? answer.value.length : answer.message.length;
      return length > maxBytes ? failed('the answer is too large') : answer;
    } catch (error) {
      // After the end of a call its capabilities may throw the reason of their signal; nobody waits for the answer then.
      if (!signal.aborted) logger.error('capability {capability} threw', { capability: ask.capability, error });
      return failed(`${ask.capability} failed`);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#open--;
    }
  }
}

async function use(
  capabilities: CallCapabilities,
  ask: ThreadAsk,
  signal: AbortSignal,
  files: GrantedFiles | undefined,
): Promise<CapabilityAnswer> {
  switch (ask.capability) {
    case 'fetch':
      return capabilities.fetch(ask.request, signal);
    case 'graphql':
      return capabilities.graphql(ask.endpoint, ask.query, signal);
    case 'cacheGet':
      return capabilities.cacheGet(ask.key, signal);
    case 'cacheSet':
      return capabilities.cacheSet(ask.key, ask.value, ask.ttlSeconds, signal);
    case 'staticFile':
      return capabilities.staticFile(ask.name, signal);
    case 'database':
      return capabilities.database(ask.type, ask.name, ask.variables, signal);
    case 'files':
      return files?.perform(ask.operation) ?? failed('no files were granted');
    default:
      return capabilities.secret(ask.name, signal);
  }
}
