/**
 * Requests and responses between nodes: what authority, project and node services speak.
 *
 * Specification: `docs/protocol/node-api.md` §1, §2 · layer 2.
 * Read: framing.ts, error-body.ts, client.ts, server.ts.
 * Invariants: bodies are bounded; the caller of a service is who the secure channel proved; no answer to what cannot be read.
 * Vectors: `docs/protocol/node-api.md` §3, decoded by `framing.test.ts`.
 */
export { type ApiCall, ask, tell } from './client.ts';
export { decodeErrorMessage, encodeErrorBody, type ErrorBody } from './error-body.ts';
export { ApiError, ApiRefusal } from './errors.ts';
export {
  type ApiMethod,
  type ApiRequest,
  type ApiResponse,
  type ApiStatus,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  MAX_BODY_BYTES,
  METHODS,
} from './framing.ts';
export {
  type ApiAnswer,
  type ApiServiceOptions,
  failure,
  forbidden,
  type ServedRequest,
  startApiService,
  unknownPath,
} from './server.ts';
