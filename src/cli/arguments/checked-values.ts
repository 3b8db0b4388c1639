import { InvalidArgumentError } from 'commander';
import { formatHostnamePort, parseHostnamePort } from '../../network/routing/index.ts';
import { parsePolicy } from '../../trust/policy/index.ts';

/** Checks `host:port`, or a port alone. */
export function hostPort(text: string): string {
  try {
    return formatHostnamePort(parseHostnamePort(text));
  } catch (cause) {
    throw new InvalidArgumentError(`cannot parse the address as a socket address: ${messageOf(cause)}`);
  }
}

/** Checks a policy expression. */
export function policyText(text: string): string {
  try {
    parsePolicy(text);
    return text;
  } catch (cause) {
    throw new InvalidArgumentError(messageOf(cause));
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
