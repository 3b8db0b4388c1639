/** Database queries that a function may run by name; it never sends statements of its own (`capabilities.md` §7). */
import type { QueryType } from './contract.ts';

/** One prepared statement. */
export interface NamedQuery {
  readonly name: string;
  readonly type: QueryType;
  /** How many values a call must bring. */
  readonly variables: number;
  readonly text: string;
}

/** The two databases the reference knows. */
export type DatabaseType = 'mysql' | 'postgresql';

/** In the order of their numbers (`runnable-abi.md` §7.8). */
export const QUERY_TYPES: readonly QueryType[] = ['insert', 'select', 'update', 'delete'];

/** The type that the first word of `text` says, in any case; `undefined` for any other statement. */
export function queryTypeOf(text: string): QueryType | undefined {
  const word = /^\s*([a-z]+)/i.exec(text)?.[1]?.toLowerCase();
  return QUERY_TYPES.find((type) => type === word);
}

// Quotes and comments that are never closed run to the end, so each pattern reads every character once.
const POSTGRESQL_TOKEN =
  /'[^']*(?:'|$)|"[^"]*(?:"|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$([a-z_]\w*)?\$[\s\S]*?(?:\$\1\$|$)|\$(\d{1,5})/gi;
const MYSQL_TOKEN =
  /'(?:[^'\\]|\\[\s\S])*(?:'|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|`[^`]*(?:`|$)|--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(\?)/g;

/**
 * How many values `text` has places for: the highest `$n`, or the number of `?`, outside quotes and comments. Without a
 * `database`, `$n` is tried first.
 * Deviation: the reference counts `$` with one digit, repeated ones twice, and `?` only between certain neighbours.
 */
export function countPlaceholders(text: string, database: DatabaseType | undefined): number {
  const numbered = (): number =>
    Math.max(0, ...Array.from(text.matchAll(POSTGRESQL_TOKEN), (match) => Number(match[2] ?? 0)));
  const marks = (): number => Array.from(text.matchAll(MYSQL_TOKEN)).filter((match) => match[1] !== undefined).length;
  if (database === 'postgresql') return numbered();
  if (database === 'mysql') return marks();
  return numbered() || marks();
}
