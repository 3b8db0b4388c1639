import { InvalidArgumentError } from 'commander';
import { formatHostnamePort, parseHostnamePort, parseMultiAddr } from '../../network/routing/index.ts';
import { type Identifier, isIdentifier } from '../../trust/identity/index.ts';
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

/** Checks an identifier. */
export function identifierText(text: string): Identifier {
  if (isIdentifier(text)) return text;
  throw new InvalidArgumentError(`Invalid identity identifier: ${text}`);
}

/** Checks a route (`commands.md` §6.2); what stands behind its names is not looked at. */
export function routeArgument(text: string): string {
  if (text === 'self') return text;
  try {
    parseMultiAddr(text);
    return text;
  } catch (cause) {
    throw new InvalidArgumentError(`${messageOf(cause)}; write for example /node/NAME/service/NAME`);
  }
}

/** Checks a route, or the name that may stand in its place. */
export function routeOrName(text: string): string {
  return /^[^/\s]{1,128}$/.test(text) ? text : routeArgument(text);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
