import { NodeError } from '../errors.ts';
import type { ProviderConfiguration } from '../identity-provider/index.ts';
import type { TrustedIdentities } from './trusted-identities.ts';

/** What an authority that runs as a node starts with; recorded as JSON, so that each start is like the first one. */
export interface AuthorityConfiguration {
  /** `host:port`; after the first start with the port that was taken. */
  readonly listenAt: string;
  /** Id of the project whose members it knows. */
  readonly projectIdentifier: string;
  readonly trusted: TrustedIdentities;
  readonly directAuthentication: boolean;
  readonly tokenEnrollment: boolean;
  /** Whoever signs in there becomes a member. */
  readonly identityProvider?: ProviderConfiguration | undefined;
  /** Whether credentials name the project. */
  readonly trustContext: boolean;
  /** Change history, hex, of the identity whose credentials make project administrators. */
  readonly accountAuthority?: string | undefined;
  /** Whether only project administrators may make enrollers. */
  readonly enforceAdminChecks: boolean;
  /** 30 days unless given. */
  readonly credentialTtlSeconds?: number | undefined;
}

/** Ours: longest life of a credential that may be configured, ten years. */
const MAX_TTL_SECONDS = 315_360_000;

/**
 * The life of credentials that `CREDENTIAL_TTL_SECS` asks for; undefined when it is not set or empty.
 * @throws {NodeError} NODE_INPUT
 */
export function credentialTtlOf(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = environment['CREDENTIAL_TTL_SECS'];
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_TTL_SECONDS) return seconds;
  throw new NodeError('NODE_INPUT', `CREDENTIAL_TTL_SECS is no number of seconds from 1 to ${MAX_TTL_SECONDS}`);
}
