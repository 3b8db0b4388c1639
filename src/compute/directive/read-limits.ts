/** What functions say that they need at most: `limits` of a Directive and of each function (`directive.md §2.7`). */
import { quoted } from '../../kernel/index.ts';
import type { CallLimits } from '../sandbox/index.ts';
import { asInteger, type Fields, isNull } from './fields.ts';
import type { FunctionEntry } from './model.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';

/** Limits of one function; each lowers what the host allows. */
export interface FunctionLimits extends Partial<CallLimits> {
  /** Calls of the function in flight, over all Sats of a gateway. */
  readonly concurrency?: number;
  /** Of those, calls of one caller. */
  readonly callerConcurrency?: number;
}

/** Every limit that can be declared; a new one of the sandbox must be listed here too. */
const NAMES: Readonly<Record<keyof FunctionLimits, true>> = {
  deadlineMs: true,
  cpuMs: true,
  memoryBytes: true,
  tableEntries: true,
  outputBytes: true,
  argumentBytes: true,
  hostCallsPerSecond: true,
  logBytes: true,
  handles: true,
  concurrency: true,
  callerConcurrency: true,
};

/** The section `limits` of `fields`; undefined when there is none. Everything in it must be known: a limit without effect is none. */
export function readLimits(report: Report, fields: Fields): FunctionLimits | undefined {
  const section = fields.mapping('limits');
  if (section === undefined) return undefined;
  const limits: Partial<Record<keyof FunctionLimits, number>> = {};
  for (const [key, { keyAt, value }] of section.entries) {
    if (!Object.hasOwn(NAMES, key)) {
      const guess = report.full ? undefined : nearest(key, Object.keys(NAMES));
      const hint = guess === undefined ? '' : `, did you mean ${quoted(guess)}?`;
      report.error('DIRECTIVE_LIMIT', keyAt, `there is no limit ${quoted(key)}${hint}`);
      continue;
    }
    if (isNull(value)) continue;
    const number = value.kind === 'scalar' ? asInteger(value) : undefined;
    if (number === undefined || number < 1) {
      report.error('DIRECTIVE_LIMIT', value.at, `the limit ${quoted(key)} must be a whole number from 1 on`);
      continue;
    }
    limits[key as keyof FunctionLimits] = number;
  }
  return Object.freeze(limits);
}

/** `functions`, each with its own limits and `common` together: of two that mean the same, the smaller. */
export function withCommonLimits(
  functions: readonly FunctionEntry[],
  common: FunctionLimits | undefined,
): readonly FunctionEntry[] {
  if (common === undefined) return functions;
  return functions.map((entry) => Object.freeze({ ...entry, limits: smaller(common, entry.limits ?? {}) }));
}

function smaller(a: FunctionLimits, b: FunctionLimits): FunctionLimits {
  const limits: Partial<Record<keyof FunctionLimits, number>> = { ...a };
  for (const [name, value] of Object.entries(b) as [keyof FunctionLimits, number][]) {
    limits[name] = Math.min(value, a[name] ?? value);
  }
  return Object.freeze(limits);
}
