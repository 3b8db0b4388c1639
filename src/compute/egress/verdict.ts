/** How a gate decided. A refusal is a value: the guest learns `message`, the host's log learns `detail` too. */

/** A refusal with the text of the reference and the check that failed. */
export interface Refusal {
  readonly allowed: false;
  readonly message: string;
  readonly detail: string;
}

/** Allowed, or refused. */
export type Verdict = { readonly allowed: true } | Refusal;

/** The verdict of a check that passed. */
export const ALLOWED: Verdict = Object.freeze({ allowed: true });

/** A refusal; the guest reads `failed to requestIsAllowed: <text>`. */
export function refuse(text: string, detail: string): Refusal {
  return { allowed: false, message: `failed to requestIsAllowed: ${text}`, detail };
}
