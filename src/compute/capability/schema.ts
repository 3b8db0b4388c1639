/**
 * The shape of the sections that speak about capabilities, as a project writes them. Every problem is found in one pass
 * and carries its path, so that a caller with a YAML document can add file, line and column.
 */
import * as v from 'valibot';
import { normalizePattern, parseNetwork } from '../egress/index.ts';
import { QUERY_TYPES } from './named-query.ts';
import type { DirectiveSections } from './written-sections.ts';

/** One thing that is wrong. */
export interface CapabilityProblem {
  /** Keys and indexes from the root of the Directive, e.g. `['capabilities', 'http', 'rules', 'allowedPorts', 0]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const MAX_LIST = 1024;
const MAX_TEXT = 1024;
const MAX_QUERY = 64 * 1024;

const flag = v.nullish(v.boolean('must be true or false'));
const word = v.pipe(
  v.string('must be a text'),
  v.maxLength(MAX_TEXT, `must not be longer than ${MAX_TEXT} characters`),
);
const filledWord = v.pipe(word, v.nonEmpty('must not be empty'));
const text = v.nullish(word);
const port = v.pipe(
  v.number('must be a port number'),
  v.integer('must be a port number'),
  v.minValue(1, 'must be a port number'),
  v.maxValue(65535, 'must be a port number'),
);
const network = v.pipe(
  word,
  v.check(
    (value) => parseNetwork(value) !== undefined,
    'must be a network such as 10.0.0.0/8 without bits beyond its prefix',
  ),
);
const anchoredPattern = v.pipe(
  word,
  v.check((value) => normalizePattern(value) !== undefined, 'must be a host name, in which whole labels may be *'),
  v.transform((value) => normalizePattern(value) ?? value),
);
const headerType = v.nullish(v.pipe(word, v.regex(/^[!#$%&'*+.^_`|~\dA-Za-z-]*$/, 'must be one word, such as bearer')));
const queryType = v.union(
  [
    v.picklist(QUERY_TYPES),
    v.pipe(
      v.picklist([0, 1, 2, 3]),
      v.transform((number) => QUERY_TYPES[number]),
    ),
  ],
  'must be insert, select, update or delete',
);
const databaseType = v.picklist(['mysql', 'pgx', 'postgres', 'postgresql'], "must be 'mysql' or 'postgresql'");
const count = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
  v.maxValue(65535, 'must not be more than 65535'),
);

function list<const S extends v.GenericSchema>(item: S) {
  return v.nullish(
    v.pipe(v.array(item, 'must be a list'), v.maxLength(MAX_LIST, `must not have more than ${MAX_LIST} entries`)),
  );
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapping<const E extends v.ObjectEntries, const R extends v.GenericSchema>(entries: E, rest: R) {
  return v.pipe(v.custom<object>(isMapping, 'must be a mapping'), v.objectWithRest(entries, rest));
}

function mapOf<const S extends v.GenericSchema>(value: S) {
  return v.nullish(
    v.pipe(
      v.custom<object>(isMapping, 'must be a mapping'),
      v.record(v.string(), value),
      v.maxEntries(MAX_LIST, `must not have more than ${MAX_LIST} entries`),
    ),
  );
}

/** `rest` decides what happens to keys nobody knows, `pattern` what a domain pattern may look like. */
function directiveSchema<const R extends v.GenericSchema, const P extends v.GenericSchema<unknown, string>>(
  rest: R,
  pattern: P,
) {
  const place = {
    allowIPs: flag,
    allowPrivate: flag,
    allowedDomains: list(pattern),
    blockedDomains: list(pattern),
    allowedPorts: list(port),
    blockedPorts: list(port),
    allowedNetworks: list(network),
    blockedNetworks: list(network),
  };
  const rules = v.nullish(mapping({ allowHTTP: flag, ...place }, rest));
  const authHeaders = mapOf(mapping({ headerType, value: word, allowHTTP: flag }, rest));
  const redis = v.nullish(mapping({ serverAddress: text, username: text, password: text }, rest));
  const queries = list(
    mapping(
      {
        name: filledWord,
        query: v.pipe(
          v.string('must be a text'),
          v.nonEmpty('must not be empty'),
          v.maxLength(MAX_QUERY, `must not be longer than ${MAX_QUERY} characters`),
        ),
        type: v.nullish(queryType),
        varCount: v.nullish(count),
      },
      rest,
    ),
  );
  const capabilities = mapping(
    {
      logger: v.nullish(mapping({ enabled: flag }, rest)),
      http: v.nullish(mapping({ enabled: flag, rules }, rest)),
      graphql: v.nullish(mapping({ enabled: flag, rules }, rest)),
      auth: v.nullish(mapping({ enabled: flag, headers: authHeaders }, rest)),
      cache: v.nullish(
        mapping(
          {
            enabled: flag,
            rules: v.nullish(mapping({ allowSet: flag, allowGet: flag, allowDelete: flag }, rest)),
            redis,
          },
          rest,
        ),
      ),
      file: v.nullish(mapping({ enabled: flag }, rest)),
      db: v.nullish(
        mapping(
          {
            enabled: flag,
            dbType: v.nullish(v.union([v.literal(''), databaseType], "must be 'mysql' or 'pgx'")),
            connectionString: text,
            queries,
            rules: v.nullish(mapping(place, rest)),
          },
          rest,
        ),
      ),
      requestHandler: v.nullish(mapping({ enabled: flag, allowGetField: flag, allowSetField: flag }, rest)),
      secrets: v.nullish(
        mapping({ enabled: flag, env: v.nullish(mapping({ allowedKeys: list(filledWord) }, rest)) }, rest),
      ),
    },
    rest,
  );
  // Other keys of the Directive and other connections are read elsewhere.
  return mapping(
    {
      capabilities: v.nullish(capabilities),
      authentication: v.nullish(mapping({ domains: authHeaders }, rest)),
      connections: v.nullish(
        mapping(
          { redis, database: v.nullish(mapping({ type: databaseType, connectionString: filledWord }, rest)) },
          v.unknown(),
        ),
      ),
      queries,
    },
    v.unknown(),
  );
}

const STRICT = directiveSchema(v.never('unknown key'), anchoredPattern);
const LENIENT = directiveSchema(v.unknown(), filledWord);

/** What a reading of the sections gives. */
export type SchemaResult =
  | { readonly ok: true; readonly sections: DirectiveSections }
  | { readonly ok: false; readonly problems: readonly CapabilityProblem[] };

/**
 * Reads `input`, the root of a Directive. `lenient` ignores unknown keys and takes domain patterns as they are written,
 * as the reference does.
 */
export function readSections(input: unknown, lenient: boolean): SchemaResult {
  const result = v.safeParse(lenient ? LENIENT : STRICT, input);
  if (result.success) return { ok: true, sections: result.output };
  return { ok: false, problems: result.issues.map((issue) => ({ path: pathOf(issue), message: messageOf(issue) })) };
}

function pathOf(issue: v.BaseIssue<unknown>): (string | number)[] {
  return (issue.path ?? []).map((item) => item.key as string | number);
}

/** A key that is missing is reported by the object around it, in the library's words. */
function messageOf(issue: v.BaseIssue<unknown>): string {
  return issue.received === 'undefined' ? 'is missing' : issue.message;
}
