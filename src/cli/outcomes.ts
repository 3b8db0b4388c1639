/** What the command line makes of codes of other rooms: what the user can do, where the error itself does not say it. */

/** Exit codes (`commands.md` §3). */
const USAGE = 64;
const SOFTWARE = 70;

/** A row: an exit code other than 70, a hint, or both. */
export interface Outcome {
  readonly exit?: number;
  readonly hint?: string;
}

/** By code; a test holds them to the codes that exist. */
export const OUTCOMES: Readonly<Record<string, Outcome>> = {
  CLI_USAGE: { exit: USAGE },
  TRANSPORT_LISTEN_FAILED: { hint: 'choose another address or port; 0 takes a free one' },
  GATEWAY_LISTEN_FAILED: { hint: 'choose another address or port with --http; 0 takes a free one' },
  NODE_LISTEN: { hint: 'choose another address or port; 0 takes a free one' },
  GATEWAY_DEPLOYMENT_NOT_READY: { hint: 'see what each function needs with: perigee app check BUNDLE' },
  ENROLLMENT_REFUSED: { hint: 'ask an enroller of the project for a new ticket, or to do it for you' },
  ENROLLMENT_NO_CREDENTIAL: {
    hint: 'check that the project runs, and that the identity is a member: perigee project enroll',
  },
  ENROLLMENT_WRONG_IDENTITY: {
    hint: 'the ticket was changed on its way, or made by somebody else: ask for another one',
  },
  IDENTITY_DECODE_FAILED: {
    hint: 'it is no change history, or was cut off or changed; one that this home has kept comes back with a backup',
  },
  IDENTITY_INCONSISTENT: { hint: 'somebody pretends to be an identity that is known here; do not go on' },
  BUNDLE_MANIFEST_INVALID: { hint: 'see every problem with its place: perigee app check BUNDLE' },
  WASM_NOT_WASM: { hint: 'a module is what a compiler writes for the target wasm32, a .wasm file' },
  WASM_TRUNCATED: { hint: 'the file is not complete: build or download it again' },
  ABI_MISSING_EXPORT: { hint: 'a function exports memory, allocate, deallocate and run_e: see docs/functions.md' },
  SANDBOX_FLAGS: { hint: 'use the Node version that the package installs' },
};

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
