import type { Environment } from './evaluate.ts';
import type { Expr } from './expression.ts';

/** Who wants what, and what is known about them, at one check. */
export interface AccessRequest {
  /** Name of the protected resource. */
  readonly resource: string;
  /** Name of the action, `handle_message`. */
  readonly action: string;
  /** Identifier of the peer at the other end of the innermost secure channel, `I` and 64 hex digits. */
  readonly subject: string;
  /** Whether the subject has a valid credential of the authority; absent when the node has no authority. */
  readonly hasCredential?: boolean | undefined;
  /** What that credential attests, where name and value are text; without a credential it is not looked at. */
  readonly attributes?: ReadonlyMap<string, string> | undefined;
}

const IDENTIFIER = 'subject.identifier';
const HAS_CREDENTIAL = 'subject.has_credential';

/**
 * What names stand for in a policy (`policies.md` §4).
 *
 * Deviation: the reference lets attested attributes named `identifier` and `has_credential` replace the built-in values,
 * so that whoever issues attributes can pass one subject off as another. Here they are left out.
 */
export function policyEnvironment(request: AccessRequest): Environment {
  const environment = new Map<string, Expr>([
    ['resource.id', { kind: 'str', value: request.resource }],
    ['action.id', { kind: 'str', value: request.action }],
    [IDENTIFIER, { kind: 'str', value: request.subject }],
  ]);
  if (request.hasCredential === undefined) return environment;
  environment.set(HAS_CREDENTIAL, { kind: 'bool', value: request.hasCredential });
  if (!request.hasCredential) return environment;
  for (const [key, value] of request.attributes ?? []) {
    const name = `subject.${key}`;
    // The reference compares the key without its prefix, so a key spelled like a whole name is left out as well.
    if (environment.has(key) || name === IDENTIFIER || name === HAS_CREDENTIAL) continue;
    environment.set(name, { kind: 'str', value });
  }
  return environment;
}
