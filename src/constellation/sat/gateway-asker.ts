/** What a call asks of its gateway, over the session the call came by (`constellation.md` §6.5). */
import { fromUtf8, SlotMap } from '../../kernel/index.ts';
import type { CapabilityProviders, Grants } from '../../compute/capability/index.ts';
import { type Answer, encodeAsk, FRAME, type Question, unexpected } from '../protocol/index.ts';
import type { Session } from '../session/index.ts';

/** Ours: questions of all calls that wait for their answers. */
const MAX_OPEN = 16_384;

type Ask = (question: Question, signal: AbortSignal) => Promise<Answer>;

/** Keeps the questions of one session. Each that was sent gets exactly one answer, awaited or not. */
export class GatewayAsker {
  readonly #session: Pick<Session, 'send' | 'drop'>;
  readonly #open = new SlotMap<(answer: Answer) => void>();
  #next = 1;
  #closed = false;

  constructor(session: Pick<Session, 'send' | 'drop'>) {
    this.#session = session;
  }

  /** Whether question `id` waits for its answer. */
  has(id: number): boolean {
    return this.#open.has(id);
  }

  /** @throws {ProtocolError} CONSTELLATION_UNEXPECTED_FRAME when nobody asked. */
  answer(id: number, answer: Answer): void {
    const resolve = this.#open.get(id);
    if (resolve === undefined) throw unexpected(`nobody has asked question ${id}`);
    this.#open.delete(id);
    resolve(answer);
  }

  /** Answers everything that is open and whatever comes: the session is over. */
  close(): void {
    this.#closed = true;
    for (const resolve of this.#open.values()) resolve(GONE);
    this.#open.clear();
  }

  /** Sends `question` unless `signal` has been aborted; never rejects. */
  ask: Ask = (question, signal) => {
    if (signal.aborted || this.#closed) return Promise.resolve(GONE);
    if (this.#open.size >= MAX_OPEN) return Promise.resolve(BUSY);
    const id = this.#next;
    // A number that is still open after 2^32 others is passed over.
    do this.#next = (this.#next + 1) >>> 0;
    while (this.#open.has(this.#next));
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const onAbort = (): void => {
      // What has not left yet never will; what has left will be answered, to nobody.
      if (this.#session.drop(FRAME.ask, id)) this.#open.delete(id);
      resolve(GONE);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#open.set(id, (answer) => {
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
    });
    this.#session.send(FRAME.ask, id, encodeAsk(question));
    return promise;
  };
}

const GONE: Answer = { ok: false, reason: 'failed', message: 'the gateway is gone' };
const BUSY: Answer = { ok: false, reason: 'failed', message: 'too many questions are open' };

/** The providers of one call that are at its gateway; only what `grants` enables is there. */
export function gatewayProviders(
  ask: Ask,
  call: number,
  grants: Grants,
): Pick<CapabilityProviders, 'cache' | 'files' | 'secrets'> {
  const value = async (
    kind: Exclude<Question['kind'], 'cache-set'>,
    name: string,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> => {
    const answer = await ask({ kind, call, name }, signal);
    if (answer.ok) return answer.value;
    if (answer.reason === 'missing') return undefined;
    throw new Error(answer.message);
  };
  return {
    ...(grants.cache.enabled && {
      cache: {
        get: (_namespace, key, signal) => value('cache-get', key, signal),
        set: async (_namespace, key, bytes, ttlSeconds, signal) => {
          const ttl = Math.min(Math.max(0, Math.trunc(ttlSeconds)), 0xffff_ffff);
          const answer = await ask({ kind: 'cache-set', call, name: key, value: bytes, ttlSeconds: ttl }, signal);
          if (!answer.ok) throw new Error(answer.message);
          return true;
        },
      },
    }),
    ...(grants.file.enabled && { files: { read: (_application, name, signal) => value('static-file', name, signal) } }),
    ...(grants.secrets.enabled && {
      secrets: {
        get: async (_application, name, signal) => {
          const secret = await value('secret', name, signal);
          return secret && fromUtf8(secret);
        },
      },
    }),
  };
}
