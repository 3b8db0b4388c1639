/** Turning host names into addresses, once per connection. */
import { lookup as systemLookup, resolveCname as systemResolveCname } from 'node:dns/promises';
import { quoted } from '../../kernel/index.ts';
import { abortable } from './deadline.ts';
import { EgressError } from './errors.ts';

/** What a name stands for. */
export interface Resolution {
  /** Texts of all addresses, best first. */
  readonly addresses: readonly string[];
  /** Names the host is an alias of, from the first to the canonical one; empty when they were not asked for. */
  readonly aliases: readonly string[];
}

/** What is asked of a resolver. */
export interface ResolveOptions {
  readonly aliases: boolean;
  readonly signal: AbortSignal;
}

/** Resolves a host name; rejects when it has no address or, with `aliases`, when the aliases cannot be known. */
export type Resolver = (host: string, options: ResolveOptions) => Promise<Resolution>;

/** The parts of the system that `systemResolver` uses, so that a test can stand in for them. */
export interface ResolverSources {
  readonly lookup: (host: string) => Promise<readonly { readonly address: string }[]>;
  readonly resolveCname: (host: string) => Promise<readonly string[]>;
}

const MAX_ALIASES = 8;
/** Look-ups block threads that the whole process shares (four by default); slow names of a guest must not take them all. */
const MAX_LOOKUPS_IN_FLIGHT = 3;
const NO_ALIAS_CODES: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND']);

const SYSTEM: ResolverSources = {
  lookup: (host) => systemLookup(host, { all: true, order: 'verbatim' }),
  resolveCname: systemResolveCname,
};

/** The resolver of the operating system: hosts file, search domains and all. Aliases come from DNS alone. */
export function systemResolver(sources: ResolverSources = SYSTEM): Resolver {
  const enter = turnstile(MAX_LOOKUPS_IN_FLIGHT);
  return async (host, { aliases, signal }) => {
    try {
      const found = await enter(signal, () => sources.lookup(host));
      return {
        addresses: found.map(({ address }) => address),
        aliases: aliases ? await abortable(followAliases(host, sources), signal) : [],
      };
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new EgressError('EGRESS_RESOLVE_FAILED', `cannot resolve ${quoted(host)}`, { cause });
    }
  };
}

async function followAliases(host: string, sources: ResolverSources): Promise<readonly string[]> {
  const aliases: string[] = [];
  for (let name: string | undefined = host; name !== undefined; name = aliases.at(-1)) {
    const alias: string | undefined = await nextAlias(name, sources);
    if (alias === undefined) return aliases;
    if (aliases.length === MAX_ALIASES) break;
    aliases.push(alias.toLowerCase().replace(/\.$/, ''));
  }
  throw new EgressError('EGRESS_RESOLVE_FAILED', `more than ${MAX_ALIASES} aliases behind ${quoted(host)}`);
}

async function nextAlias(name: string, sources: ResolverSources): Promise<string | undefined> {
  try {
    return (await sources.resolveCname(name))[0];
  } catch (error) {
    if (error instanceof Error && 'code' in error && NO_ALIAS_CODES.has(error.code)) return undefined;
    throw error;
  }
}

/** Lets at most `limit` tasks run; a task that is given up while running keeps its place until it really ends. */
function turnstile(limit: number): <T>(signal: AbortSignal, task: () => Promise<T>) => Promise<T> {
  const running = new Set<Promise<void>>();
  return async (signal, task) => {
    while (running.size >= limit) await abortable(Promise.race(running), signal);
    signal.throwIfAborted();
    const work = task();
    const leave = (): void => {
      running.delete(ended);
    };
    const ended = work.then(leave, leave);
    running.add(ended);
    return abortable(work, signal);
  };
}
