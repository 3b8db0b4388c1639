/** What the command line makes of codes of other rooms: what the user can do, where the error itself does not say it. */

/** Exit codes (`commands.md` §3). */
const USAGE = 64;
const SOFTWARE = 70;

/** What kind of failure it is, in the numbers of the reference: not allowed, not there, there already, not reachable, any other. */
export type Diagnostic = 401 | 404 | 409 | 503 | 500;

/** A row: an exit code other than 70, a hint, a kind other than 500, or several of them. */
export interface Outcome {
  readonly exit?: number;
  readonly hint?: string;
  readonly kind?: Diagnostic;
}

const SEE_LIST = "see what there is with 'list' instead of the verb, such as: perigee node list";

/** By code; a test holds them to the codes that exist. */
export const OUTCOMES: Readonly<Record<string, Outcome>> = {
  CLI_USAGE: { exit: USAGE },
  CLI_NOT_FOUND: { kind: 404, hint: SEE_LIST },
  TRANSPORT_LISTEN_FAILED: { hint: 'choose another address or port; 0 takes a free one' },
  GATEWAY_LISTEN_FAILED: {
    hint: 'choose another address or port with --http, which is --http-port of demo; port 0 takes a free one',
  },
  NODE_LISTEN: { hint: 'choose another address or port; 0 takes a free one' },
  GATEWAY_DEPLOYMENT_NOT_READY: { hint: 'see what each function needs with: perigee app check BUNDLE' },
  ENROLLMENT_REFUSED: { kind: 401, hint: 'ask an enroller of the project for a new ticket, or to do it for you' },
  ENROLLMENT_NO_CREDENTIAL: {
    kind: 401,
    hint: 'check that the project runs, and that the identity is a member: perigee project enroll',
  },
  ENROLLMENT_WRONG_IDENTITY: {
    hint: 'the ticket was changed on its way, or made by somebody else: ask for another one',
  },
  IDENTITY_DECODE_FAILED: {
    hint: 'it is no change history, or was cut off or changed; one that this home has kept comes back with a backup',
  },
  IDENTITY_INCONSISTENT: { hint: 'somebody pretends to be an identity that is known here; do not go on' },
  BUNDLE_ZIP: { hint: 'a bundle is what this writes: perigee app build; one that was copied may have been cut off' },
  BUNDLE_TOO_LARGE: { hint: 'put less into it; docs/protocol/bundle.md has the bounds' },
  BUNDLE_ENTRY_NAME: { hint: 'rename the file, and build the bundle again: perigee app build' },
  BUNDLE_ENTRY_KIND: { hint: 'put a plain file there, and build the bundle again: perigee app build' },
  BUNDLE_ENTRY_DUPLICATE: { hint: 'remove one of them, and build the bundle again: perigee app build' },
  BUNDLE_ENTRY_CORRUPT: { hint: 'copy the bundle again, or build it again: perigee app build' },
  BUNDLE_MANIFEST_MISSING: { hint: 'build it in the folder that has the Directive.yaml: perigee app build' },
  BUNDLE_MANIFEST_AMBIGUOUS: { hint: 'remove one of them, and build the bundle again: perigee app build' },
  BUNDLE_MODULE_UNLISTED: { hint: 'build the bundle again: perigee app build' },
  BUNDLE_MODULE_REF: { hint: 'build the bundle again: perigee app build' },
  GATEWAY_DEPLOYMENT_INVALID: { hint: 'correct the Directive, and build the bundle again: perigee app build' },
  BUNDLE_MANIFEST_INVALID: { hint: 'see every problem with its place: perigee app check BUNDLE' },
  DIRECTIVE_INVALID: { hint: 'correct each problem at its place; docs/protocol says what a file may have' },
  WASM_NOT_WASM: { hint: 'a module is what a compiler writes for the target wasm32, a .wasm file' },
  WASM_TRUNCATED: { hint: 'the file is not complete: build or download it again' },
  WASM_MEMORY_TOO_LARGE: { hint: 'build it with a smaller memory; alone, sat run --memory allows more' },
  WASM_TABLE_TOO_LARGE: { hint: 'build it with a smaller table' },
  ABI_MISSING_EXPORT: { hint: 'a function exports memory, allocate, deallocate and run_e: see docs/functions.md' },
  SANDBOX_FLAGS: { hint: 'use the Node version that the package installs' },
  NODE_UNKNOWN: { kind: 404, hint: SEE_LIST },
  IDENTITY_UNKNOWN: { kind: 404 },
  NODE_IN_USE: { kind: 409 },
  NODE_RUNNING: { kind: 409 },
  ROUTING_INVALID_MULTI_ADDR: {
    hint: 'a route is /PROTOCOL/VALUE repeated, such as /node/NAME/service/NAME: see docs/commands.md, 6.2',
  },
  ROUTING_ADDRESS_IN_USE: { kind: 409 },
  API_REFUSED: { kind: 401 },
  CHANNEL_PEER_REFUSED: { kind: 401 },
  CHANNEL_NO_CREDENTIAL: { kind: 401 },
  NODE_NOT_RUNNING: { kind: 503 },
  ENROLLMENT_UNREACHABLE: { kind: 503 },
  ROUTING_UNDELIVERABLE: { kind: 503 },
  ROUTING_REQUEST_TIMED_OUT: { kind: 503 },
  TRANSPORT_CONNECT_FAILED: { kind: 503 },
  TRANSPORT_CONNECT_TIMED_OUT: { kind: 503 },
  CHANNEL_TIMED_OUT: { kind: 503 },
  CHANNEL_UNREACHABLE: { kind: 503 },
  RELAY_UNREACHABLE: { kind: 503 },
  SESSION_TIMED_OUT: { kind: 503 },
  STORAGE_BUSY: { kind: 503 },
};

/** What kind of failure codes stand for, outermost first: the first one that says so. */
export function kindOf(codes: readonly string[]): Diagnostic {
  return codes.map((code) => outcome(code)?.kind).find((kind) => kind !== undefined) ?? 500;
}

/** The exit code for a failure with `code`. */
export function exitCodeFor(code: string | undefined): number {
  return outcome(code)?.exit ?? SOFTWARE;
}

/** What a user can do about a failure with `code`. */
export function hintFor(code: string): string | undefined {
  return outcome(code)?.hint;
}

function outcome(code: string | undefined): Outcome | undefined {
  return code !== undefined && Object.hasOwn(OUTCOMES, code) ? OUTCOMES[code] : undefined;
}
