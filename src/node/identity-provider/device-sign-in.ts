import { setTimeout as wait } from 'node:timers/promises';
import { NodeError } from '../errors.ts';
import { askProvider, type ProviderAddress, type ProviderAnswer } from './provider-request.ts';

/** RFC 8628 §3.5: seconds between questions when the provider names none, and how much longer when it says `slow_down`. */
const INTERVAL_S = 5;
const LONGEST_INTERVAL_S = 60;
/** Ours: so long nobody sits before it, whatever the provider says. */
const LONGEST_SIGN_IN_S = 3600;
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What the user does elsewhere. */
export interface DevicePrompt {
  /** Where to sign in. */
  readonly address: string;
  /** What to enter there. */
  readonly code: string;
  /** Where the code is entered already, if the provider has such a place. */
  readonly completeAddress: string | undefined;
}

/**
 * Has a user sign in on any device (RFC 8628), and gives the access token.
 * @param prompt tells the user what to do.
 * @param pause waits so many milliseconds.
 * @throws {NodeError} NODE_PROVIDER, also when the user declines or the code expires; the reason of the signal
 */
export async function signInByDevice(
  provider: ProviderAddress & { readonly clientId: string },
  {
    prompt,
    signal,
    pause = (milliseconds) => wait(milliseconds, undefined, { signal }),
  }: {
    readonly prompt: (prompt: DevicePrompt) => void;
    readonly signal: AbortSignal;
    readonly pause?: (milliseconds: number) => Promise<unknown>;
  },
): Promise<string> {
  const { clientId } = provider;
  const form = { client_id: clientId, scope: 'openid profile email' };
  const started = fieldsOf(await askProvider(provider, '/v1/device/authorize', { form, signal }), 'starting a sign-in');
  const deviceCode = textIn(started, 'device_code');
  prompt({
    address: addressIn(started, 'verification_uri'),
    code: textIn(started, 'user_code'),
    completeAddress:
      started['verification_uri_complete'] === undefined ? undefined : addressIn(started, 'verification_uri_complete'),
  });
  let left = Math.min(secondsIn(started, 'expires_in', 600), LONGEST_SIGN_IN_S);
  let interval = Math.min(secondsIn(started, 'interval', INTERVAL_S), LONGEST_INTERVAL_S);
  for (;;) {
    if (left < interval) throw refused('nobody signed in before the code expired');
    left -= interval;
    await pause(interval * 1000);
    signal.throwIfAborted();
    const question = { grant_type: GRANT, device_code: deviceCode, client_id: clientId };
    const answer = await askProvider(provider, '/v1/token', { form: question, signal });
    if (answer.status === 200) return textIn(fieldsOf(answer, 'a sign-in'), 'access_token');
    const error = isObject(answer.json) ? answer.json['error'] : undefined;
    if (error === 'slow_down') interval = Math.min(interval + INTERVAL_S, LONGEST_INTERVAL_S);
    else if (error === 'access_denied') throw refused('the sign-in was declined');
    else if (error === 'expired_token') throw refused('nobody signed in before the code expired');
    else if (error !== 'authorization_pending') throw refused(`it answered ${answer.status} to a sign-in`);
  }
}

function fieldsOf({ status, json }: ProviderAnswer, what: string): Readonly<Record<string, unknown>> {
  if (status === 200 && isObject(json)) return json;
  throw refused(`it answered ${status} to ${what}`);
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value)) return value;
  throw refused(`its answer has no ${name}`);
}

/** It is shown to the user, and opened by a click on some terminals. */
function addressIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const text = textIn(fields, name);
  if (text.length <= 2048 && URL.canParse(text) && new URL(text).protocol === 'https:') return text;
  throw refused(`its ${name} is no https:// address`);
}

function secondsIn(fields: Readonly<Record<string, unknown>>, name: string, otherwise: number): number {
  const value = fields[name];
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw refused(`its ${name} is no number of seconds`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(reason: string): NodeError {
  return new NodeError('NODE_PROVIDER', `the sign-in at the identity provider failed: ${reason}`);
}
