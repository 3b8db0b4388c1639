/** What one function may do, as plain frozen data; `NO_GRANTS` is where every other value starts. */
import { intersectRules, type NetworkRules, PUBLIC_RULE, STRICT_RULE } from '../egress/index.ts';
import type { DatabaseType, NamedQuery } from './named-query.ts';
import type { Setting } from './setting.ts';

/** Access to the network by one protocol; both gates of `egress` read the rules. */
export interface NetworkGrant {
  readonly enabled: boolean;
  readonly rules: NetworkRules;
}

/** The `Authorization` header that the host adds to requests for one authority (`capabilities.md` §5). */
export interface AuthHeader {
  /** Lower-case name, or an address without brackets. */
  readonly host: string;
  /** When absent, the default port of the scheme. */
  readonly port?: number;
  readonly headerType: string;
  /** A secret once its environment variable is filled in. */
  readonly value: Setting;
  /** Whether the header may also go over plain `http`. */
  readonly allowHTTP: boolean;
}

/** Named queries and the one database they run on (`capabilities.md` §7). */
export interface DatabaseGrant {
  readonly enabled: boolean;
  readonly queries: readonly NamedQuery[];
  /** Where the database may be. */
  readonly rules: NetworkRules;
  /** Absent in ceilings, and where the Directive names no database. */
  readonly connection?: DatabaseConnectionGrant;
}

/** The database that a Directive names. */
export interface DatabaseConnectionGrant {
  readonly type: DatabaseType;
  /** A secret once its environment variable is filled in. */
  readonly connectionString: Setting;
}

/** What one function may do (`capabilities.md` §1). */
export interface Grants {
  readonly logger: { readonly enabled: boolean };
  readonly http: NetworkGrant;
  readonly graphql: NetworkGrant;
  readonly auth: { readonly enabled: boolean; readonly headers: readonly AuthHeader[] };
  readonly cache: {
    readonly enabled: boolean;
    readonly allowGet: boolean;
    readonly allowSet: boolean;
    readonly allowDelete: boolean;
  };
  readonly file: { readonly enabled: boolean };
  readonly database: DatabaseGrant;
  readonly requestHandler: {
    readonly enabled: boolean;
    readonly allowGetField: boolean;
    readonly allowSetField: boolean;
  };
  /** `'any'` occurs in ceilings only: it leaves the choice of names to the Directive. */
  readonly secrets: { readonly enabled: boolean; readonly allowedKeys: 'any' | readonly string[] };
}

/** What a function may do when nothing is said: log, and read and change its own request. */
export const NO_GRANTS: Grants = deepFreeze({
  logger: { enabled: true },
  http: { enabled: false, rules: [STRICT_RULE] },
  graphql: { enabled: false, rules: [STRICT_RULE] },
  auth: { enabled: false, headers: [] },
  cache: { enabled: false, allowGet: true, allowSet: true, allowDelete: true },
  file: { enabled: false },
  database: { enabled: false, queries: [], rules: [PUBLIC_RULE] },
  requestHandler: { enabled: true, allowGetField: true, allowSetField: true },
  secrets: { enabled: false, allowedKeys: [] },
});

/**
 * What the owner of a Sat allows at most when nothing is said: HTTP and GraphQL to public networks, nothing else that
 * leaves the sandbox from this machine. Cache, files, secrets, log and request belong to the gateway and pass.
 */
export const DEFAULT_CEILING: Grants = deepFreeze({
  logger: { enabled: true },
  http: { enabled: true, rules: [PUBLIC_RULE] },
  graphql: { enabled: true, rules: [PUBLIC_RULE] },
  auth: { enabled: true, headers: [] },
  cache: { enabled: true, allowGet: true, allowSet: true, allowDelete: true },
  file: { enabled: true },
  database: { enabled: false, queries: [], rules: [PUBLIC_RULE] },
  requestHandler: { enabled: true, allowGetField: true, allowSetField: true },
  secrets: { enabled: true, allowedKeys: 'any' },
});

/**
 * What both allow. Headers, queries and the database are what the Directive declares; the ceiling only says whether there may
 * be any, and where.
 */
export function intersectGrants(directive: Grants, ceiling: Grants): Grants {
  const network = (a: NetworkGrant, b: NetworkGrant): NetworkGrant => ({
    enabled: a.enabled && b.enabled,
    rules: intersectRules(a.rules, b.rules),
  });
  const auth = directive.auth.enabled && ceiling.auth.enabled;
  return deepFreeze({
    logger: { enabled: directive.logger.enabled && ceiling.logger.enabled },
    http: network(directive.http, ceiling.http),
    graphql: network(directive.graphql, ceiling.graphql),
    auth: { enabled: auth, headers: auth ? directive.auth.headers : [] },
    cache: {
      enabled: directive.cache.enabled && ceiling.cache.enabled,
      allowGet: directive.cache.allowGet && ceiling.cache.allowGet,
      allowSet: directive.cache.allowSet && ceiling.cache.allowSet,
      allowDelete: directive.cache.allowDelete && ceiling.cache.allowDelete,
    },
    file: { enabled: directive.file.enabled && ceiling.file.enabled },
    database: intersectDatabase(directive.database, ceiling.database),
    requestHandler: {
      enabled: directive.requestHandler.enabled && ceiling.requestHandler.enabled,
      allowGetField: directive.requestHandler.allowGetField && ceiling.requestHandler.allowGetField,
      allowSetField: directive.requestHandler.allowSetField && ceiling.requestHandler.allowSetField,
    },
    secrets: {
      enabled: directive.secrets.enabled && ceiling.secrets.enabled,
      allowedKeys: intersectKeys(directive.secrets.allowedKeys, ceiling.secrets.allowedKeys),
    },
  });
}

/** Where there may be none, nothing is left to connect with. */
function intersectDatabase(directive: DatabaseGrant, ceiling: DatabaseGrant): DatabaseGrant {
  const enabled = directive.enabled && ceiling.enabled;
  return {
    enabled,
    queries: enabled ? directive.queries : [],
    rules: intersectRules(directive.rules, ceiling.rules),
    ...(enabled && directive.connection !== undefined && { connection: directive.connection }),
  };
}

/** `value` and everything in it, frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

function intersectKeys(a: 'any' | readonly string[], b: 'any' | readonly string[]): 'any' | readonly string[] {
  if (a === 'any') return b;
  return b === 'any' ? a : a.filter((key) => b.includes(key));
}
