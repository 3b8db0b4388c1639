/**
 * Grants and providers of one call, tied together into what the sandbox may call. Order of every answer: is it granted,
 * is it within bounds, does the provider exist, what does the provider say. The first three never reach the provider.
 */
import { EMPTY, type Clock, utf8 } from '../../kernel/index.ts';
import {
  abortable,
  DEFAULT_EGRESS_LIMITS,
  type EgressAccess,
  type EgressLimits,
  type NetworkRules,
  type Target,
} from '../egress/index.ts';
import type { CallCapabilities, CapabilityAnswer, LogLevel, OutgoingRequest, QueryType } from './contract.ts';
import type { AuthHeader, Grants } from './grants.ts';
import { createLogBudget, DEFAULT_LOG_LIMITS, escapeGuestText, type LogBudget, type LogLimits } from './guest-log.ts';
import type { NamedQuery } from './named-query.ts';
import type { CapabilityProviders } from './providers.ts';
import { resolveSetting } from './setting.ts';

/** Bounds of what one call may ask for. */
export interface CapabilityLimits {
  readonly egress: EgressLimits;
  /** HTTP requests and GraphQL queries of one call together; redirects do not count. */
  readonly maxRequests: number;
  readonly log: LogLimits;
  /** Longest cache key, file name, secret name and query name, in UTF-16 units. */
  readonly maxNameLength: number;
  /** Largest cache value, static file and query result. */
  readonly maxValueBytes: number;
}

/** Limits that suit an ordinary function. */
export const DEFAULT_CAPABILITY_LIMITS: CapabilityLimits = Object.freeze({
  egress: DEFAULT_EGRESS_LIMITS,
  maxRequests: 64,
  log: DEFAULT_LOG_LIMITS,
  maxNameLength: 1024,
  maxValueBytes: 16 * 1024 * 1024,
});

/** What the host's log may learn of a call; never a value. */
export interface CapabilityEvent {
  readonly capability: 'cache' | 'file' | 'secret' | 'database' | 'environment';
  /** `used` is reported for secrets only, as their audit trail. */
  readonly outcome: 'used' | 'refused' | 'failed';
  /** The key, file, secret or query in question, escaped and cut. */
  readonly name: string;
  readonly cause?: unknown;
}

/** Whose call it is. */
export interface CallContext {
  /** Names the application to providers; also the cache's namespace. */
  readonly application: string;
  readonly functionName: string;
  readonly requestId?: string;
  readonly clock: Clock;
  readonly limits?: CapabilityLimits;
  /** Shared between the calls of a function; without it each call has a ration of its own. */
  readonly logBudget?: LogBudget;
  readonly onEvent?: (event: CapabilityEvent) => void;
}

const NOT_ENABLED: CapabilityAnswer = answerRefused('capability is not enabled');

/** What a call of a function with `grants` may ask of `providers`. */
export function bindCapabilities(
  grants: Grants,
  providers: CapabilityProviders,
  context: CallContext,
): CallCapabilities {
  return new BoundCapabilities(grants, providers, context);
}

/** One for each call, most of which ask for nothing: so it is one object and makes nothing before it is asked. */
class BoundCapabilities implements CallCapabilities {
  readonly requestFields: CallCapabilities['requestFields'];
  readonly #grants: Grants;
  readonly #providers: CapabilityProviders;
  readonly #context: CallContext;
  readonly #limits: CapabilityLimits;
  #requestsLeft: number;
  #logBudget: LogBudget | undefined;

  constructor(grants: Grants, providers: CapabilityProviders, context: CallContext) {
    const { enabled, allowGetField, allowSetField } = grants.requestHandler;
    this.requestFields = { get: enabled && allowGetField, set: enabled && allowSetField, responseHeaders: enabled };
    this.#grants = grants;
    this.#providers = providers;
    this.#context = context;
    this.#limits = context.limits ?? DEFAULT_CAPABILITY_LIMITS;
    this.#requestsLeft = this.#limits.maxRequests;
    this.#logBudget = context.logBudget;
  }

  log(level: LogLevel, message: string): void {
    const { log } = this.#providers;
    if (!this.#grants.logger.enabled || log === undefined) return;
    const { application, functionName, requestId, clock } = this.#context;
    const limits = this.#limits.log;
    const droppedBefore = (this.#logBudget ??= createLogBudget(clock, limits)).take();
    if (droppedBefore === undefined) return;
    const from = { application, functionName, requestId };
    if (droppedBefore > 0) {
      const text = `${droppedBefore} log lines were dropped: the function logs too fast`;
      log({ level: 'warn', message: text, ...from });
    }
    log({ level, message: escapeGuestText(message, limits.maxLineLength), ...from });
  }

  async fetch(outgoing: OutgoingRequest, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { http } = this.#grants;
    const { egress } = this.#providers;
    if (!http.enabled || egress === undefined) return NOT_ENABLED;
    if (!this.#spendRequest()) return answerRefused('too many requests in one call');
    return egress.fetch(outgoing, this.#access(http.rules, signal));
  }

  async graphql(endpoint: string, query: string, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { graphql } = this.#grants;
    const { egress } = this.#providers;
    if (!graphql.enabled || egress === undefined) return NOT_ENABLED;
    if (!this.#spendRequest()) return answerRefused('too many requests in one call');
    return egress.graphql(endpoint, query, this.#access(graphql.rules, signal));
  }

  async cacheGet(key: string, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { enabled, allowGet } = this.#grants.cache;
    const { cache } = this.#providers;
    if (!enabled || !allowGet || cache === undefined) return NOT_ENABLED;
    return this.#ask('cache', key, 'failed to client.Get', signal, async () =>
      found(await cache.get(this.#context.application, key, signal), 'key not found'),
    );
  }

  async cacheSet(key: string, value: Uint8Array, ttlSeconds: number, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { enabled, allowSet } = this.#grants.cache;
    const { cache } = this.#providers;
    if (!enabled || !allowSet || cache === undefined) return NOT_ENABLED;
    if (value.length > this.#limits.maxValueBytes) return answerFailed('value is too large');
    return this.#ask('cache', key, 'failed to client.Set', signal, async () => {
      const kept = await cache.set(this.#context.application, key, value, ttlSeconds, signal);
      return kept ? { ok: true, value: EMPTY } : answerFailed('value is too large');
    });
  }

  async staticFile(name: string, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { files } = this.#providers;
    if (!this.#grants.file.enabled || files === undefined) return NOT_ENABLED;
    const path = staticPath(name);
    if (path === undefined) return found(undefined, 'file does not exist');
    return this.#ask('file', path, 'failed to read file', signal, async () =>
      found(await files.read(this.#context.application, path, signal), 'file does not exist'),
    );
  }

  async database(
    type: QueryType | undefined,
    name: string,
    variables: readonly string[],
    signal: AbortSignal,
  ): Promise<CapabilityAnswer> {
    const { enabled, queries, rules, connection } = this.#grants.database;
    const { database, environment } = this.#providers;
    if (!enabled || database === undefined || connection === undefined) return NOT_ENABLED;
    const query = queries.find((candidate) => candidate.name === name);
    if (query === undefined) return answerRefused('query not found');
    const mismatch = queryMismatch(query, type, variables);
    if (mismatch !== undefined) return answerRefused(mismatch);
    const failure = query.type === 'select' ? 'failed to stmt.Query' : 'failed to Exec';
    return this.#ask('database', name, failure, signal, async () => {
      const connectionString = await resolveSetting(connection.connectionString, environment, signal);
      const place = { type: connection.type, connectionString, rules };
      return { ok: true, value: await database.execute(place, query, variables, signal) };
    });
  }

  async secret(name: string, signal: AbortSignal): Promise<CapabilityAnswer> {
    const { enabled, allowedKeys } = this.#grants.secrets;
    const { secrets } = this.#providers;
    const granted = enabled && allowedKeys !== 'any' && allowedKeys.includes(name);
    if (!granted || secrets === undefined) {
      this.#report('secret', 'refused', name);
      return { ok: true, value: EMPTY };
    }
    const answer = await this.#ask('secret', name, '', signal, async () => {
      const value = (await secrets.get(this.#context.application, name, signal)) ?? '';
      this.#report('secret', 'used', name);
      return { ok: true, value: utf8(value) };
    });
    return answer.ok ? answer : { ok: true, value: EMPTY };
  }

  #report(
    capability: CapabilityEvent['capability'],
    outcome: CapabilityEvent['outcome'],
    name: string,
    cause?: unknown,
  ): void {
    const shown = escapeGuestText(name, 128);
    this.#context.onEvent?.({ capability, outcome, name: shown, ...(cause !== undefined && { cause }) });
  }

  /** Asks a provider; what it throws is for the host's log, the guest reads `failure`. */
  async #ask(
    capability: CapabilityEvent['capability'],
    name: string,
    failure: string,
    signal: AbortSignal,
    work: () => Promise<CapabilityAnswer>,
  ): Promise<CapabilityAnswer> {
    const { maxNameLength, maxValueBytes } = this.#limits;
    if (name.length > maxNameLength) return answerFailed('name is too long');
    try {
      signal.throwIfAborted();
      const answer = await abortable(work(), signal);
      return answer.ok && answer.value.length > maxValueBytes ? answerFailed('value is too large') : answer;
    } catch (cause) {
      this.#report(capability, 'failed', name, cause);
      return answerFailed(signal.aborted ? 'the call has ended' : failure);
    }
  }

  #spendRequest(): boolean {
    return this.#requestsLeft-- > 0;
  }

  #access(rules: NetworkRules, signal: AbortSignal): EgressAccess {
    const { application, functionName } = this.#context;
    const { enabled, headers } = this.#grants.auth;
    return {
      caller: `${application} ${functionName}`,
      rules,
      limits: this.#limits.egress,
      signal,
      ...(enabled && {
        authorization: (target, authSignal) =>
          authorizationFor(headers, this.#providers, target, authSignal, (...event) => this.#report(...event)),
      }),
    };
  }
}

/**
 * The `Authorization` for `target`, from the entry of exactly its host and port (`capabilities.md` §5).
 * Deviation: the reference also sends it over plain HTTP; here an entry must say so.
 */
async function authorizationFor(
  headers: readonly AuthHeader[],
  { environment }: CapabilityProviders,
  target: Target,
  signal: AbortSignal,
  report: (capability: 'environment', outcome: 'failed', name: string, cause: unknown) => void,
): Promise<string | undefined> {
  const header = headers.find(
    ({ host, port }) => host === target.host && (port === undefined ? target.defaultPort : port === target.port),
  );
  if (header === undefined || (target.scheme !== 'https' && !header.allowHTTP)) return undefined;
  try {
    const value = await resolveSetting(header.value, environment, signal);
    return value === '' ? undefined : `${header.headerType} ${value}`;
  } catch (cause) {
    report('environment', 'failed', 'env' in header.value ? header.value.env : header.host, cause);
    return undefined;
  }
}

/** Why a call does not fit the query it names; `undefined` when it does. A call without type trusts the query's. */
function queryMismatch(
  query: NamedQuery,
  type: QueryType | undefined,
  variables: readonly string[],
): string | undefined {
  if (type !== undefined && type !== query.type) return 'query type incorrect';
  if (variables.length === query.variables) return undefined;
  return `expected ${query.variables} variables, got ${variables.length}: number of variables incorrect`;
}

/** `name` as files are stored: without the prefixes a guest may write (`runnable-abi.md` §7.7), never leading outside. */
function staticPath(name: string): string | undefined {
  const path = ['static/', '/', './'].reduce(
    (rest, prefix) => (rest.startsWith(prefix) ? rest.slice(prefix.length) : rest),
    name,
  );
  const odd = /[\0\\]/.test(path) || path.split('/').some((part) => part === '' || part === '.' || part === '..');
  return odd ? undefined : path;
}

function found(value: Uint8Array | undefined, message: string): CapabilityAnswer {
  return value === undefined ? { ok: false, reason: 'missing', message } : { ok: true, value };
}

function answerRefused(message: string): CapabilityAnswer {
  return Object.freeze({ ok: false, reason: 'refused', message });
}

function answerFailed(message: string): CapabilityAnswer {
  return { ok: false, reason: 'failed', message };
}
