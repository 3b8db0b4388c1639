/** What runs the cases: one implementation for each way to host a function. */
import type { Case, HostName, Outcome, Refusal, Unit } from './case.ts';
import type { World } from './outside.ts';

/** A loaded unit. */
export interface HostedUnit {
  /** Runs the case of number `index`. */
  readonly call: (given: Case, index: number) => Promise<Seen>;
  /** What the unit has logged so far, as `level: text`. */
  readonly logs: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** What a caller sees of a call. */
export interface Seen {
  readonly outcome: Outcome;
  /** Of the response, lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/** One way to host functions. */
export interface ConformanceHost {
  readonly name: HostName;
  /** What a nil output becomes. HTTP without a body tells it apart by 204 or not at all. */
  readonly nil: 'nil' | 'empty';
  /** Takes in `bytes` as `unit`, which finds `world` outside. */
  readonly open: (unit: Unit, bytes: Uint8Array, world: World) => Promise<HostedUnit>;
  /** The code with which a module is refused. */
  readonly refuse: (refusal: Refusal) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The request of a case: path and headers as every host sends them. */
export function requestOf(
  unit: Unit,
  { request = {} }: Case,
  index: number,
): {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
} {
  const { method = 'POST', path = '', headers = {}, body = '', param, seeded = false } = request;
  const number = String(index).padStart(2, '0');
  const base = `/${unit.name}${seeded ? '-seeded' : ''}${param === undefined ? '' : `/${param}`}`;
  return {
    method,
    path: `${base}${path}${unit.choice === 'line' ? `?case=${number}` : ''}`,
    headers: { ...headers, ...(unit.choice === 'header' && { 'x-case': number }) },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  };
}
