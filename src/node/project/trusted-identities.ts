import { type Identifier, isIdentifier } from '../../trust/identity/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: as many as an authority has members. */
const MAX_TRUSTED = 25_000;
/** Ours: characters of the JSON. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** Who is a member of an authority from its start, and as what; pairs, so that it can be recorded as JSON. */
export type TrustedIdentities = readonly (readonly [Identifier, readonly (readonly [string, string])[]])[];

/**
 * Reads the trusted identities of `authority create`: `{"I…": {"attribute": "value"}}`, or as a list
 * `[{"identifier": "I…", "attribute": "value"}]`.
 * @throws {NodeError} NODE_INPUT, which says what is wrong
 */
export function parseTrustedIdentities(text: string): TrustedIdentities {
  if (text.length > MAX_LENGTH) throw refused(`they have more than ${MAX_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : 'no JSON', cause);
  }
  const pairs = Array.isArray(value) ? value.map(fromListItem) : Object.entries(objectOf(value, 'the whole'));
  if (pairs.length > MAX_TRUSTED) throw refused(`there are more than ${MAX_TRUSTED}`);
  const trusted = new Map<Identifier, readonly (readonly [string, string])[]>();
  for (const [identifier, attributes] of pairs) {
    if (typeof identifier !== 'string' || !isIdentifier(identifier)) {
      throw refused(`${quoted(String(identifier))} is no identifier`);
    }
    if (trusted.has(identifier)) throw refused(`${identifier} is there twice`);
    trusted.set(identifier, attributesOf(identifier, attributes));
  }
  return [...trusted];
}

function fromListItem(item: unknown): readonly [unknown, unknown] {
  const { identifier, ...attributes } = objectOf(item, 'an item of the list');
  return [identifier, attributes];
}

function attributesOf(identifier: Identifier, value: unknown): readonly (readonly [string, string])[] {
  return Object.entries(objectOf(value, `what stands under ${identifier}`)).map(([name, attribute]) => {
    if (typeof attribute !== 'string') throw refused(`the attribute ${quoted(name)} of ${identifier} is no text`);
    return [name, attribute] as const;
  });
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refused(`${what} is no JSON object`);
}

function refused(why: string, cause?: unknown): NodeError {
  return new NodeError('NODE_INPUT', `Cannot parse the trusted identities: ${why}`, {
    cause,
    remedy: 'write {"I…": {"attribute": "value"}}',
  });
}
