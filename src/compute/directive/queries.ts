/** Database queries (`directive.md §10`). */
import { QUERY_TYPES, type QueryType, queryTypeOf } from '../capability/index.ts';
import { Fields } from './fields.ts';
import type { Query } from './model.ts';
import type { Report } from './report.ts';

const MAX_QUERIES = 1024;
const MAX_QUERY_LENGTH = 65_536;
const QUERY_KEYS = ['name', 'query', 'type', 'varCount'];

/** The queries under key `queries` of `fields`, followed by `others`, which were read from another file. */
export function readQueries(report: Report, fields: Fields, others: readonly Query[] = []): readonly Query[] {
  const queries: Query[] = [];
  const names = new Set(others.map(({ name }) => name));
  for (const [index, tree] of fields.list('queries', MAX_QUERIES).entries()) {
    const entry = Fields.of(report, tree, `query at position ${index}`, QUERY_KEYS);
    const query = entry && readQuery(report, entry, index);
    if (entry === undefined || query === undefined) continue;
    if (names.has(query.name))
      report.error('DIRECTIVE_QUERY', entry.placeOf('name'), `duplicate query ${query.name} found`);
    names.add(query.name);
    queries.push(query);
  }
  return Object.freeze([...queries, ...others]);
}

function readQuery(report: Report, fields: Fields, index: number): Query | undefined {
  const name = fields.text('name') ?? '';
  const query = fields.text('query') ?? '';
  const varCount = fields.integer('varCount') ?? 0;
  const type = fields.has('type') ? typeNamed(fields.text('type')) : queryTypeOf(query);
  const subject = `query ${name === '' ? `at position ${index}` : name}`;
  const complain = (key: string, text: string): void => report.error('DIRECTIVE_QUERY', fields.placeOf(key), text);
  if (name === '') complain('name', `query at position ${index} has no name`);
  if (query === '') complain('query', `${subject} has no query value`);
  else if (query.length > MAX_QUERY_LENGTH)
    complain('query', `${subject} is longer than ${MAX_QUERY_LENGTH} characters`);
  if (fields.has('type') && type === undefined)
    complain('type', `${subject} has invalid type ${fields.text('type') ?? ''}`);
  else if (query !== '' && type === undefined) complain('query', `${subject}: unable to determine query type`);
  if (varCount < 0) complain('varCount', `${subject} cannot have negative var count`);
  if (name === '' || query === '' || type === undefined || varCount < 0) return undefined;
  const place = `${report.file}:${fields.at.line}:${fields.at.column}`;
  return Object.freeze({ name, query, type, varCount, place });
}

function typeNamed(word: string | undefined): QueryType | undefined {
  return QUERY_TYPES.find((type) => type === word);
}
