/** The sections that speak about capabilities, as a project writes them (`capabilities.md` §1); every key may be absent or empty. */
import type { QueryType } from './contract.ts';

type Maybe<T> = T | null | undefined;

/** `rules` as written. */
export interface WrittenRules {
  readonly allowHTTP?: Maybe<boolean>;
  readonly allowIPs?: Maybe<boolean>;
  readonly allowPrivate?: Maybe<boolean>;
  readonly allowedDomains?: Maybe<readonly string[]>;
  readonly blockedDomains?: Maybe<readonly string[]>;
  readonly allowedPorts?: Maybe<readonly number[]>;
  readonly blockedPorts?: Maybe<readonly number[]>;
  readonly allowedNetworks?: Maybe<readonly string[]>;
  readonly blockedNetworks?: Maybe<readonly string[]>;
}

/** `http` or `graphql` as written. */
export interface WrittenNetwork {
  readonly enabled?: Maybe<boolean>;
  readonly rules?: Maybe<WrittenRules>;
}

/** Authorities and their headers as written. */
export type WrittenAuthHeaders = Readonly<
  Record<string, { readonly headerType?: Maybe<string>; readonly value: string; readonly allowHTTP?: Maybe<boolean> }>
>;

/** A Redis connection as written. */
export interface WrittenRedis {
  readonly serverAddress?: Maybe<string>;
  readonly username?: Maybe<string>;
  readonly password?: Maybe<string>;
}

/** Named queries as written; numbers are already words. */
export type WrittenQueries = readonly {
  readonly name: string;
  readonly query: string;
  readonly type?: Maybe<QueryType>;
  readonly varCount?: Maybe<number>;
}[];

/** `capabilities` as written. */
export interface WrittenCapabilities {
  readonly logger?: Maybe<{ readonly enabled?: Maybe<boolean> }>;
  readonly http?: Maybe<WrittenNetwork>;
  readonly graphql?: Maybe<WrittenNetwork>;
  readonly auth?: Maybe<{ readonly enabled?: Maybe<boolean>; readonly headers?: Maybe<WrittenAuthHeaders> }>;
  readonly cache?: Maybe<{
    readonly enabled?: Maybe<boolean>;
    readonly rules?: Maybe<{
      readonly allowSet?: Maybe<boolean>;
      readonly allowGet?: Maybe<boolean>;
      readonly allowDelete?: Maybe<boolean>;
    }>;
    readonly redis?: Maybe<WrittenRedis>;
  }>;
  readonly file?: Maybe<{ readonly enabled?: Maybe<boolean> }>;
  readonly db?: Maybe<{
    readonly enabled?: Maybe<boolean>;
    readonly dbType?: Maybe<'' | WrittenDatabaseType>;
    readonly connectionString?: Maybe<string>;
    readonly queries?: Maybe<WrittenQueries>;
    readonly rules?: Maybe<Omit<WrittenRules, 'allowHTTP'>>;
  }>;
  readonly requestHandler?: Maybe<{
    readonly enabled?: Maybe<boolean>;
    readonly allowGetField?: Maybe<boolean>;
    readonly allowSetField?: Maybe<boolean>;
  }>;
  readonly secrets?: Maybe<{
    readonly enabled?: Maybe<boolean>;
    readonly env?: Maybe<{ readonly allowedKeys?: Maybe<readonly string[]> }>;
  }>;
}

/** The spellings of the two databases. */
export type WrittenDatabaseType = 'mysql' | 'pgx' | 'postgres' | 'postgresql';

/** The sections as written; every key may be absent. */
export interface DirectiveSections {
  readonly capabilities?: Maybe<WrittenCapabilities>;
  readonly authentication?: Maybe<{ readonly domains?: Maybe<WrittenAuthHeaders> }>;
  readonly connections?: Maybe<{
    readonly redis?: Maybe<WrittenRedis>;
    readonly database?: Maybe<{ readonly type: WrittenDatabaseType; readonly connectionString: string }>;
  }>;
  readonly queries?: Maybe<WrittenQueries>;
}
