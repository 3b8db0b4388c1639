/** From the sections of a Directive to grants (`capabilities.md` §2). */
import { type NetworkRule, type NetworkRules, parseTarget, STRICT_RULE } from '../egress/index.ts';
import { type AuthHeader, DEFAULT_CEILING, deepFreeze, type Grants, type NetworkGrant, NO_GRANTS } from './grants.ts';
import { countPlaceholders, type DatabaseType, type NamedQuery, queryTypeOf } from './named-query.ts';
import { type CapabilityProblem, readSections } from './schema.ts';
import { parseSetting, type Setting } from './setting.ts';
import type {
  DirectiveSections,
  WrittenAuthHeaders,
  WrittenNetwork,
  WrittenQueries,
  WrittenRules,
} from './written-sections.ts';

/** Where cache and database are. The cache is the gateway's; the database is in the grants too, since Sats connect to it. */
export interface CapabilityConnections {
  readonly redis?: { readonly serverAddress: Setting; readonly username: Setting; readonly password: Setting };
  readonly database?: { readonly type: DatabaseType; readonly connectionString: Setting };
}

/** How the sections are to be read. */
export interface ParseOptions {
  /**
   * `'suborbital'` restores the reference's permissive defaults, its replacement of whole sections, its domain matcher and
   * its silence about unknown keys.
   */
  readonly compat?: 'suborbital';
}

/** Grants, or everything that is wrong. */
export type ParsedCapabilities =
  | { readonly ok: true; readonly grants: Grants; readonly connections: CapabilityConnections }
  | { readonly ok: false; readonly problems: readonly CapabilityProblem[] };

const PERMISSIVE_RULE: NetworkRule = {
  ...STRICT_RULE,
  allowHTTP: true,
  allowIPs: true,
  allowPrivate: true,
  matcher: 'suborbital',
};

/** The reference's defaults for a section that is absent. */
const SUBORBITAL_DEFAULTS: Grants = deepFreeze({
  ...NO_GRANTS,
  http: { enabled: true, rules: [PERMISSIVE_RULE] },
  graphql: { enabled: true, rules: [PERMISSIVE_RULE] },
  auth: { enabled: true, headers: [] },
  cache: { enabled: true, allowGet: true, allowSet: true, allowDelete: true },
  file: { enabled: true },
  secrets: { enabled: true, allowedKeys: [] },
});

/** What the reference fills into a section that is present: nothing. */
const SUBORBITAL_ZERO: Grants = deepFreeze({
  ...NO_GRANTS,
  logger: { enabled: false },
  http: { enabled: false, rules: [{ ...STRICT_RULE, matcher: 'suborbital' }] },
  graphql: { enabled: false, rules: [{ ...STRICT_RULE, matcher: 'suborbital' }] },
  cache: { enabled: false, allowGet: false, allowSet: false, allowDelete: false },
  requestHandler: { enabled: false, allowGetField: false, allowSetField: false },
});

/**
 * Grants of the Directive `input`, of which the keys `capabilities`, `authentication`, `connections` and `queries` are
 * read. Absent members keep their default, at every depth.
 */
export function parseCapabilities(input: unknown, options: ParseOptions = {}): ParsedCapabilities {
  const compat = options.compat === 'suborbital';
  const read = readSections(input, compat);
  if (!read.ok) return read;
  const written = read.sections.capabilities ?? {};
  return combine(read.sections, compat, (section) => {
    if (!compat) return NO_GRANTS;
    const present = section === 'database' ? written.db : written[section];
    return present === null || present === undefined ? SUBORBITAL_DEFAULTS : SUBORBITAL_ZERO;
  });
}

/** The ceiling of a Sat: `capabilities`, in the same words as a Directive's, over `DEFAULT_CEILING`. */
export function parseCeiling(capabilities: unknown): ParsedCapabilities {
  const read = readSections({ capabilities }, false);
  if (!read.ok) return read;
  const { dbType, connectionString } = read.sections.capabilities?.db ?? {};
  if (dbType || connectionString) {
    const path = ['capabilities', 'db', dbType ? 'dbType' : 'connectionString'];
    return {
      ok: false,
      problems: [{ path, message: 'belongs to a Directive: a ceiling says where a database may be' }],
    };
  }
  return combine(read.sections, false, () => DEFAULT_CEILING);
}

/** Lays what is written over the default that `base` gives for each section. */
function combine(
  sections: DirectiveSections,
  compat: boolean,
  base: (section: keyof Grants) => Grants,
): ParsedCapabilities {
  const problems: CapabilityProblem[] = [];
  const written = sections.capabilities ?? {};
  const connections = readConnections(sections);
  const headers = [
    ...readAuthHeaders(written.auth?.headers, ['capabilities', 'auth', 'headers'], compat, problems),
    ...readAuthHeaders(sections.authentication?.domains, ['authentication', 'domains'], compat, problems),
  ];
  const queries = [
    ...readQueries(written.db?.queries, ['capabilities', 'db', 'queries'], connections, problems),
    ...readQueries(sections.queries, ['queries'], connections, problems),
  ];
  const cache = base('cache').cache;
  const request = base('requestHandler').requestHandler;
  const secrets = base('secrets').secrets;
  const grants: Grants = {
    logger: { enabled: written.logger?.enabled ?? base('logger').logger.enabled },
    http: networkGrant(written.http, base('http').http),
    graphql: networkGrant(written.graphql, base('graphql').graphql),
    auth: {
      // Declaring a header is saying that it may be sent; in the reference only its replaced section says so.
      enabled: written.auth?.enabled ?? (base('auth').auth.enabled || (!compat && headers.length > 0)),
      headers: firstOfEach(headers, authorityOf),
    },
    cache: {
      enabled: written.cache?.enabled ?? cache.enabled,
      allowGet: written.cache?.rules?.allowGet ?? cache.allowGet,
      allowSet: written.cache?.rules?.allowSet ?? cache.allowSet,
      allowDelete: written.cache?.rules?.allowDelete ?? cache.allowDelete,
    },
    file: { enabled: written.file?.enabled ?? base('file').file.enabled },
    database: {
      enabled: written.db?.enabled ?? (base('database').database.enabled || connections.database !== undefined),
      queries: firstOfEach(queries, (query) => query.name),
      // The reference asks nobody where a database is.
      rules: mergeRules(
        written.db?.rules,
        compat && connections.database !== undefined ? [PERMISSIVE_RULE] : base('database').database.rules,
      ),
      ...(connections.database !== undefined && { connection: connections.database }),
    },
    requestHandler: {
      enabled: written.requestHandler?.enabled ?? request.enabled,
      allowGetField: written.requestHandler?.allowGetField ?? request.allowGetField,
      allowSetField: written.requestHandler?.allowSetField ?? request.allowSetField,
    },
    secrets: {
      enabled: written.secrets?.enabled ?? secrets.enabled,
      allowedKeys: written.secrets?.env?.allowedKeys ?? secrets.allowedKeys,
    },
  };
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, grants: deepFreeze(grants), connections: deepFreeze(connections) };
}

function networkGrant(written: WrittenNetwork | null | undefined, base: NetworkGrant): NetworkGrant {
  return { enabled: written?.enabled ?? base.enabled, rules: mergeRules(written?.rules, base.rules) };
}

function mergeRules(written: WrittenRules | null | undefined, base: NetworkRules): NetworkRules {
  if (written === null || written === undefined) return base;
  return base.map((rule) => ({
    allowHTTP: written.allowHTTP ?? rule.allowHTTP,
    allowIPs: written.allowIPs ?? rule.allowIPs,
    allowPrivate: written.allowPrivate ?? rule.allowPrivate,
    allowedDomains: written.allowedDomains ?? rule.allowedDomains,
    blockedDomains: written.blockedDomains ?? rule.blockedDomains,
    allowedPorts: written.allowedPorts ?? rule.allowedPorts,
    blockedPorts: written.blockedPorts ?? rule.blockedPorts,
    allowedNetworks: written.allowedNetworks ?? rule.allowedNetworks,
    blockedNetworks: written.blockedNetworks ?? rule.blockedNetworks,
    matcher: rule.matcher,
  }));
}

function readConnections({ capabilities, connections }: DirectiveSections): CapabilityConnections {
  const redis = connections?.redis ?? capabilities?.cache?.redis;
  const { dbType, connectionString } = capabilities?.db ?? {};
  const own = dbType && connectionString ? { type: dbType, connectionString } : undefined;
  const database = capabilities?.db?.enabled === true && own !== undefined ? own : (connections?.database ?? own);
  return {
    ...(redis?.serverAddress && {
      redis: {
        serverAddress: parseSetting(redis.serverAddress),
        username: parseSetting(redis.username ?? ''),
        password: parseSetting(redis.password ?? ''),
      },
    }),
    ...(database && {
      database: {
        type: database.type === 'mysql' ? 'mysql' : 'postgresql',
        connectionString: parseSetting(database.connectionString),
      },
    }),
  };
}

function readAuthHeaders(
  written: WrittenAuthHeaders | null | undefined,
  path: readonly string[],
  compat: boolean,
  problems: CapabilityProblem[],
): AuthHeader[] {
  return Object.entries(written ?? {}).flatMap(([authority, { headerType, value, allowHTTP }]) => {
    const place = parseAuthority(authority);
    if (place === undefined) {
      problems.push({ path: [...path, authority], message: 'must be a host name or address, with or without a port' });
      return [];
    }
    return [
      { ...place, headerType: headerType || 'bearer', value: parseSetting(value), allowHTTP: allowHTTP ?? compat },
    ];
  });
}

function parseAuthority(text: string): { host: string; port?: number } | undefined {
  const [, name, digits] = /^(\[[^\]]*\]|[^:/?#@\\]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = name === undefined ? undefined : parseTarget(`https://${name}/`)?.host;
  if (host === undefined || Number(digits) > 65535) return undefined;
  return digits === undefined ? { host } : { host, port: Number(digits) };
}

function authorityOf(header: AuthHeader): string {
  return `${header.host} ${header.port ?? ''}`;
}

function readQueries(
  written: WrittenQueries | null | undefined,
  path: readonly string[],
  connections: CapabilityConnections,
  problems: CapabilityProblem[],
): NamedQuery[] {
  return (written ?? []).flatMap(({ name, query, type, varCount }, index) => {
    const known = type ?? queryTypeOf(query);
    if (known === undefined) {
      problems.push({ path: [...path, index, 'query'], message: 'unable to determine query type' });
      return [];
    }
    // The reference takes 0 for "not said".
    const variables = varCount || countPlaceholders(query, connections.database?.type);
    return [{ name, type: known, variables, text: query }];
  });
}

/** The earlier of two entries with the same key stays: `capabilities` is read before the sections it overrides. */
function firstOfEach<T>(entries: readonly T[], keyOf: (entry: T) => string): T[] {
  const byKey = new Map<string, T>();
  for (const entry of entries) if (!byKey.has(keyOf(entry))) byKey.set(keyOf(entry), entry);
  return [...byKey.values()];
}
