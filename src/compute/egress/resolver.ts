/** Turning host names into addresses, once per connection. */
import { lookup as systemLookup, resolveCname as systemResolveCname } from 'node:dns/promises';
import { quoted } from '../../kernel/index.ts';
import { abortable } from './deadline.ts';
import { EgressError } from './errors.ts';
import { LookupPlaces } from './lookup-places.ts';

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
  /** Who asks: callers take turns. */
  readonly caller: string;
}

/** Resolves a host name; rejects when it has no address or, with `aliases`, when the aliases cannot be known. */
export type Resolver = (host: string, options: ResolveOptions) => Promise<Resolution>;

/** The parts of the system that `systemResolver` uses, so that a test can stand in for them. */
export interface ResolverSources {
  readonly lookup: (host: string) => Promise<readonly { readonly address: string }[]>;
  readonly resolveCname: (host: string) => Promise<readonly string[]>;
}

const MAX_ALIASES = 8;
const NO_ALIAS_CODES: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND']);

const SYSTEM: ResolverSources = {
  lookup: (host) => systemLookup(host, { all: true, order: 'verbatim' }),
  resolveCname: systemResolveCname,
};

/** Those of the whole process, as the threads behind them are. */
const SYSTEM_PLACES = new LookupPlaces();

/** The resolver of the operating system: hosts file, search domains and all. Aliases come from DNS alone. */
export function systemResolver(sources: ResolverSources = SYSTEM): Resolver {
  const places = sources === SYSTEM ? SYSTEM_PLACES : new LookupPlaces();
  return async (host, { aliases, signal, caller }) => {
    try {
      const found = await places.run(caller, signal, () => sources.lookup(host));
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
