/**
 * What a function may do: grants, how a Directive states them, and how one call is tied to what the host offers.
 * Specification: `capabilities.md`; `directive.md` §2.5, §10, §14; `runnable-abi.md` §7. Layer 2 (compute); no input or output
 * of its own, providers do that.
 * Read: contract.ts (what the sandbox calls), grants.ts, parse.ts, bind.ts, providers.ts (what a host supplies).
 * Invariants: nothing is enabled that was not said, but log and request; grants are frozen data without behaviour; a ceiling
 * only takes away; a refusal is a value and never reaches a provider.
 * `conformance.ts` tests every cache provider; `capabilities.md` §10 is decoded by a test.
 */
export {
  bindCapabilities,
  type CallContext,
  type CapabilityEvent,
  type CapabilityLimits,
  DEFAULT_CAPABILITY_LIMITS,
} from './bind.ts';
export type { CallCapabilities, CapabilityAnswer, LogLevel, OutgoingRequest, QueryType } from './contract.ts';
export { describeGrants } from './describe.ts';
export { environmentNames, substituteEnvironment } from './environment.ts';
export { CapabilityError, type CapabilityErrorCode } from './errors.ts';
export {
  type AuthHeader,
  type DatabaseConnectionGrant,
  type DatabaseGrant,
  DEFAULT_CEILING,
  type Grants,
  intersectGrants,
  type NetworkGrant,
  NO_GRANTS,
} from './grants.ts';
export { decodeGrants, encodeGrants, GRANTS_MAX_LENGTH } from './grants-text.ts';
export { createLogBudget, DEFAULT_LOG_LIMITS, escapeGuestText, type LogBudget, type LogLimits } from './guest-log.ts';
export { memoryCache, type MemoryCacheLimits } from './memory-cache.ts';
export { countPlaceholders, type DatabaseType, type NamedQuery, QUERY_TYPES, queryTypeOf } from './named-query.ts';
export {
  type CapabilityConnections,
  parseCapabilities,
  parseCeiling,
  type ParsedCapabilities,
  type ParseOptions,
} from './parse.ts';
export type {
  CacheProvider,
  CapabilityProviders,
  DatabasePlace,
  DatabaseProvider,
  GuestLogLine,
  SecretProvider,
  StaticFileProvider,
} from './providers.ts';
export type { CapabilityProblem } from './schema.ts';
export {
  allowListedEnvironment,
  type EnvironmentProvider,
  parseSetting,
  resolveSetting,
  type Setting,
} from './setting.ts';
