/**
 * The gateway: HTTP requests on one side, Sats on the other, a Directive in between.
 *
 * Specification: `docs/protocol/constellation.md` §3–§7, `docs/protocol/directive.md` §6 · layer 3.
 * Read: gateway.ts, http-front.ts (a request), dispatcher.ts (a call), sat-door.ts and sat-seat.ts (a Sat), deployment.ts.
 * Invariants: a Sat is given nothing before its credential is checked; what a call may ask of the gateway is decided here; each
 * call is settled once; a call that may have started is repeated only for idempotent requests; every queue and wait is bounded.
 * Tests: beside the files; with real Sats in `gateway-and-sat.test.ts`.
 */
export { GatewayError, RequestError } from './errors.ts';
export type { GatewayEvent } from './events.ts';
export { Gateway, type GatewayOptions, type PlacedSat } from './gateway.ts';
export { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from './limits.ts';
export type { GatewayStatus, SatStatus } from './status.ts';
