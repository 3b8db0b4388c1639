/** Grants as JSON text, the form in which they travel with a deployment (`capabilities.md` §10). */
import * as v from 'valibot';
import { quoted } from '../../kernel/index.ts';
import { type NetworkRule, type NetworkRules, parseNetwork, PUBLIC_RULE, rulesKey } from '../egress/index.ts';
import { CapabilityError } from './errors.ts';
import { deepFreeze, type Grants } from './grants.ts';
import { QUERY_TYPES } from './named-query.ts';

/** Longest text that is read, in UTF-16 units. */
export const GRANTS_MAX_LENGTH: number = 4 * 1024 * 1024;

const FORMAT = 1;

function list<const S extends v.GenericSchema>(item: S, max = 2048) {
  return v.pipe(v.array(item), v.maxLength(max));
}

const name = v.pipe(v.string(), v.maxLength(4096));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));
const network = v.pipe(
  name,
  v.check((text) => parseNetwork(text) !== undefined),
);
const rule: v.GenericSchema<unknown, NetworkRule> = v.strictObject({
  allowHTTP: v.boolean(),
  allowIPs: v.boolean(),
  allowPrivate: v.boolean(),
  allowedDomains: list(name),
  blockedDomains: list(name),
  allowedPorts: list(port),
  blockedPorts: list(port),
  allowedNetworks: list(network),
  blockedNetworks: list(network),
  matcher: v.picklist(['anchored', 'suborbital']),
});
const rules = list(rule, 8);
const networkGrant = v.strictObject({ enabled: v.boolean(), rules });
const setting = v.union([v.strictObject({ text: name }), v.strictObject({ env: name })]);
const query = v.strictObject({
  name,
  type: v.picklist(QUERY_TYPES),
  variables: port,
  text: v.pipe(v.string(), v.maxLength(64 * 1024)),
});

/** What `rules` of a database are when they are not written: those of hosts that have never heard of them. */
const PUBLIC: NetworkRules = [PUBLIC_RULE];
const database = v.strictObject({
  enabled: v.boolean(),
  queries: list(query),
  rules: v.exactOptional(rules, [...PUBLIC]),
  connection: v.exactOptional(v.strictObject({ type: v.picklist(['mysql', 'postgresql']), connectionString: setting })),
});

const GRANTS: v.GenericSchema<unknown, { readonly format: typeof FORMAT; readonly grants: Grants }> = v.strictObject({
  format: v.literal(FORMAT),
  grants: v.strictObject({
    logger: v.strictObject({ enabled: v.boolean() }),
    http: networkGrant,
    graphql: networkGrant,
    auth: v.strictObject({
      enabled: v.boolean(),
      headers: list(
        v.strictObject({
          host: name,
          port: v.exactOptional(port),
          headerType: name,
          value: setting,
          allowHTTP: v.boolean(),
        }),
      ),
    }),
    cache: v.strictObject({
      enabled: v.boolean(),
      allowGet: v.boolean(),
      allowSet: v.boolean(),
      allowDelete: v.boolean(),
    }),
    file: v.strictObject({ enabled: v.boolean() }),
    database,
    requestHandler: v.strictObject({
      enabled: v.boolean(),
      allowGetField: v.boolean(),
      allowSetField: v.boolean(),
    }),
    secrets: v.strictObject({ enabled: v.boolean(), allowedKeys: v.union([v.literal('any'), list(name)]) }),
  }),
});

/** The JSON text of `grants`. It holds secrets when environment variables are filled in: only for an encrypted channel. */
export function encodeGrants(grants: Grants): string {
  const { rules: written, ...others } = grants.database;
  const { enabled, queries, ...connection } = others;
  const isPublic = rulesKey(written) === rulesKey(PUBLIC);
  const text = { enabled, queries, ...(!isPublic && { rules: written }), ...connection };
  return JSON.stringify({ format: FORMAT, grants: { ...grants, database: text } });
}

/**
 * The grants of `text`, frozen. A member that is missing, unknown or out of range refuses the whole: a Sat must not run a
 * function under a guess of what its gateway meant.
 * @throws {CapabilityError} CAPABILITY_MALFORMED_GRANTS
 */
export function decodeGrants(text: string): Grants {
  if (text.length > GRANTS_MAX_LENGTH) throw malformed(`longer than ${GRANTS_MAX_LENGTH} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes the text, which may hold secrets: only its class is kept.
    throw malformed('not JSON', cause instanceof Error ? new Error(cause.name) : undefined);
  }
  const result = v.safeParse(GRANTS, parsed, { abortEarly: true });
  if (!result.success) throw malformed(`at ${quoted(v.getDotPath(result.issues[0]) ?? 'the top')}`);
  return deepFreeze(result.output.grants);
}

function malformed(what: string, cause?: Error): CapabilityError {
  return new CapabilityError('CAPABILITY_MALFORMED_GRANTS', `grants are malformed: ${what}`, { cause });
}
