/** Values that other rooms judge (`commands.md` §6), each loaded with the first of them. */
import { checkedLater } from './late-check.ts';
import { InvalidValueError } from './invalid-value.ts';

/** Checks `host:port`, or a port alone. */
export const hostPort: (text: string) => string = checkedLater(async (text) => {
  const { canonicalHostPort } = await import('./host-port.ts');
  return canonicalHostPort(text);
});

/** Checks a policy expression. */
export const policyText: (text: string) => string = checkedLater(async (text) => {
  const { parsePolicy } = await import('../../trust/policy/index.ts');
  try {
    parsePolicy(text);
    return text;
  } catch (cause) {
    throw new InvalidValueError(messageOf(cause));
  }
});

/** Checks a type of resources. */
export const resourceType: (text: string) => string = checkedLater(async (text) => {
  const { isResourceType, RESOURCE_TYPES } = await import('../../trust/policy/index.ts');
  if (isResourceType(text)) return text;
  throw new InvalidValueError(`Valid values are: ${RESOURCE_TYPES.join(', ')}`);
});

/** Checks an identifier. */
export const identifierText: (text: string) => string = checkedLater(async (text) => {
  const { isIdentifier } = await import('../../trust/identity/index.ts');
  if (isIdentifier(text)) return text;
  throw new InvalidValueError(`Invalid identity identifier: ${text}`);
});

/** Reads an identifier in either case. @throws {IdentityError} IDENTITY_INVALID_IDENTIFIER */
export const identifierInAnyCase: (text: string) => string = checkedLater(async (text) => {
  const { parseIdentifier } = await import('../../trust/identity/index.ts');
  return parseIdentifier(text);
});

/** Checks a route (`commands.md` §6.2); what stands behind its names is not looked at. */
export const routeArgument: (text: string) => string = checkedLater(checkedRoute);

/** Checks a route, or the name that may stand in its place. */
export const routeOrName: (text: string) => string = checkedLater(async (text) =>
  /^[^/\s]{1,128}$/.test(text) ? text : checkedRoute(text),
);

async function checkedRoute(text: string): Promise<string> {
  if (text === 'self') return text;
  const { parseMultiAddr } = await import('../../network/routing/index.ts');
  try {
    parseMultiAddr(text);
    return text;
  } catch (cause) {
    throw new InvalidValueError(`${messageOf(cause)}; write for example /node/NAME/service/NAME`);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
