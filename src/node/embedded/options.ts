import type { SecretKeySource } from '../../storage/sqlite/index.ts';

/** A node to open. Without a home it forgets everything at its end, its identity too. */
export interface NodeOptions {
  /** Folder of the home that keeps identities and what is learned of others; made if need be, shared with commands. */
  readonly home?: string | undefined;
  /** What unlocks the secret keys of the home when they are sealed (`docs/storage.md`); seals them when they are not. */
  readonly secretKey?: SecretKeySource | undefined;
  /** Name of its identity in the home, made if there is none; the default one unless given. */
  readonly identity?: string | undefined;
  /** Name of a project of the home that the identity is a member of: its credential is presented, its authority's ones count. */
  readonly project?: string | undefined;
  /** Whose credentials count when there is no project: the change history of that identity, hex. */
  readonly authority?: string | undefined;
  /** Where other nodes connect to, `host:port`; port 0 takes a free one. Without it the node only dials out. */
  readonly listen?: string | undefined;
}

/**
 * Who may use something of a node: anyone who proved an identity, these identifiers, or whose attested attributes fulfil a
 * policy (`docs/protocol/policies.md`). Nobody gets in without a secure channel.
 */
export type Allow = 'anyone' | readonly string[] | { readonly policy: string };

/** Whom a channel must lead to: an identifier, one of several, or `anyone` when the caller finds out otherwise who it is. */
export type Peer = string | readonly string[];

/** Where a channel leads and to whom. */
export interface WayOptions {
  readonly peer: Peer;
  /** How long opening may take, milliseconds; 30 000 unless given. */
  readonly timeoutMs?: number | undefined;
}

/** A service that others are led to. */
export interface OutletOptions {
  /** `host:port`. */
  readonly to: string;
  /** Connect by TLS; default false. */
  readonly tls?: boolean | undefined;
  readonly allow: Allow;
}

/** A service of another node to be had here. */
export interface InletOptions extends WayOptions {
  /** Where applications connect to, `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** The route to the outlet: `/ip4/192.0.2.1/tcp/4000/secure/api/service/db`. */
  readonly to: string;
}

/** A relay to be reached by. */
export interface RelayOptions extends WayOptions {
  /** The route to the node with the relay service: `/ip4/192.0.2.1/tcp/4000`, `/project/NAME`. */
  readonly at: string;
}

/** A credential to issue. */
export interface IssueOptions {
  /** Identifier. */
  readonly subject: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** 30 days unless given. */
  readonly ttlSeconds?: number | undefined;
}
