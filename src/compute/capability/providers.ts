/** What stands behind the capabilities: contracts that a gateway, a Sat or a test fulfils. An absent provider refuses. */
import type { EgressClient, NetworkRules } from '../egress/index.ts';
import type { LogLevel } from './contract.ts';
import type { DatabaseType, NamedQuery } from './named-query.ts';
import type { EnvironmentProvider } from './setting.ts';

/** Values kept between calls. Every implementation passes `conformance.ts`. */
export interface CacheProvider {
  /** The value of `key`, owned by the caller; `undefined` when there is none or it has expired. */
  readonly get: (namespace: string, key: string, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  /**
   * Keeps `value`, owned by the provider from the call on, for `ttlSeconds`; 0 or less means without expiry.
   * Resolves to whether it was kept: a value too large for the cache is not.
   */
  readonly set: (
    namespace: string,
    key: string,
    value: Uint8Array,
    ttlSeconds: number,
    signal: AbortSignal,
  ) => Promise<boolean>;
}

/** The static files of an application. */
export interface StaticFileProvider {
  /** The file, owned by the caller; `name` is relative, has no empty, `.` or `..` part and uses `/`. */
  readonly read: (application: string, name: string, signal: AbortSignal) => Promise<Uint8Array | undefined>;
}

/** The secrets of an application; only names that the grants list are asked for. */
export interface SecretProvider {
  readonly get: (application: string, name: string, signal: AbortSignal) => Promise<string | undefined>;
}

/** Where a database is, and the network rules under which it may be reached. */
export interface DatabasePlace {
  readonly type: DatabaseType;
  /** As the Directive has it, with its environment variable filled in; a secret. */
  readonly connectionString: string;
  readonly rules: NetworkRules;
}

/** Databases with prepared statements. */
export interface DatabaseProvider {
  /**
   * The result as JSON bytes (`capabilities.md` §7.2), owned by the caller; `variables` has exactly `query.variables` values.
   * What it throws is for the host's log and holds neither values nor the password.
   */
  readonly execute: (
    place: DatabasePlace,
    query: NamedQuery,
    variables: readonly string[],
    signal: AbortSignal,
  ) => Promise<Uint8Array>;
}

/** One line a function wrote: bounded, without control characters. */
export interface GuestLogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly application: string;
  readonly functionName: string;
  readonly requestId: string | undefined;
}

/** Everything a host offers; what is absent does not exist for any function. */
export interface CapabilityProviders {
  readonly egress?: Pick<EgressClient, 'fetch' | 'graphql'>;
  readonly environment?: EnvironmentProvider;
  readonly cache?: CacheProvider;
  readonly files?: StaticFileProvider;
  readonly secrets?: SecretProvider;
  readonly database?: DatabaseProvider;
  readonly log?: (line: GuestLogLine) => void;
}
