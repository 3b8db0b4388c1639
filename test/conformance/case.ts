/** What a conformance case is: a guest, a request, grants and the outcome that every host must come to. */
import type { FailureCode } from '../../src/compute/sandbox/index.ts';
import { utf8 } from '../../src/kernel/index.ts';
import type { World } from './outside.ts';
import { type Choice, type ScriptedGuest, scriptedGuest, type Step } from './script.ts';

/** Who runs the table. */
export type HostName = 'sandbox' | 'process' | 'sat run' | 'constellation';

/** A request as a client sends it. */
export interface CaseRequest {
  /** Default: POST. */
  readonly method?: string;
  /** What follows `/<unit>` in the URL. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The path parameter `p`: one more part of the path, with a route that names it. */
  readonly param?: string;
  /** Whether an earlier step has left `sown` in the state under `seed`. */
  readonly seeded?: boolean;
}

/** How a call ends. UUIDs in texts are written `{uuid}`, the address of the world's server `{host}`. */
export type Outcome =
  /** Undefined: nothing was reported. */
  | {
      readonly output: string | Uint8Array | undefined;
      /** Those that must be among the response's headers; null: must not be there. */
      readonly headers?: Readonly<Record<string, string | null>>;
    }
  | { readonly error: readonly [code: number, message: string] }
  | { readonly failure: FailureCode };

/** One call of a unit. */
export interface Case {
  readonly title: string;
  /** Section of `runnable-abi.md`. */
  readonly section: string;
  readonly request?: CaseRequest;
  /** Input of a call without a request. Only a sandbox knows such calls: HTTP is made of requests. */
  readonly input?: string;
  readonly outcome: Outcome;
  /** What the call writes to the log, as `level: text`. */
  readonly logs?: readonly string[];
  /** How many requests the call makes of the world's server; not counted when absent. */
  readonly requests?: number;
  /** Whether it runs queries, so that there must be a database. */
  readonly needsDatabase?: boolean;
  /** Hosts on which the case cannot be expressed, with the reason. */
  readonly not?: Readonly<Partial<Record<HostName, string>>>;
}

/** Sets of grants, see `outside.ts`. */
export type GrantsName = 'everything' | 'nothing' | 'default' | 'read only';

/** One module with its cases. */
export interface Unit {
  /** Also the function's name: lower-case letters, digits, dashes. */
  readonly name: string;
  readonly grants: GrantsName;
  /** How the module learns which of its cases it is to run. */
  readonly choice: Choice;
  /** The module; a text says in one line why it cannot be had here. */
  readonly module: (world: World) => Uint8Array | Promise<Uint8Array | { readonly missing: string }>;
  readonly cases: readonly Case[];
  /** Hosts that are not given this module, with the reason. */
  readonly not?: Readonly<Partial<Record<HostName, string>>>;
}

/** Why a module whose like is seen by all hosts is not given to every process. */
export const SEEN_ALIKE: NonNullable<Unit['not']> = {
  'sat run': 'another module of this kind has a process, and each takes one',
};

/** A module that no host may take. */
export interface Refusal {
  readonly title: string;
  readonly section: string;
  readonly module: () => Uint8Array;
  readonly code: string;
}

/** A unit whose module is made of the scripts of its cases. */
export function scriptedUnit(
  about: Pick<Unit, 'name' | 'grants' | 'choice' | 'not'> & Pick<ScriptedGuest, 'imports' | 'fields'>,
  cases: (world: World) => readonly ScriptedCase[],
  world: World,
): Unit {
  const { imports, fields, ...unit } = about;
  const scripted = cases(world);
  const parts = { ...(imports !== undefined && { imports }), ...(fields !== undefined && { fields }) };
  return {
    ...unit,
    module: () => scriptedGuest({ choice: unit.choice, scripts: scripted.map(({ script }) => script), ...parts }),
    cases: scripted.map(({ lines, outcome, headers, ...rest }) => ({
      ...rest,
      outcome: outcome ?? {
        output: (lines ?? []).map((line) => `${line}\n`).join(''),
        ...(headers !== undefined && { headers }),
      },
    })),
  };
}

/** A case of a {@link scriptedUnit}. */
export interface ScriptedCase extends Omit<Case, 'outcome'> {
  readonly script: readonly Step[];
  /** The lines that the script writes, when they are its result. */
  readonly lines?: readonly string[];
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly outcome?: Outcome;
}

/** The two lines of a value: its length, and the value as it was fetched. */
export function value(text: string): readonly [length: string, text: string] {
  return [String(utf8(text).length), text];
}

/** The two lines of a failure: its negative length, and the text as it was fetched. */
export function failure(text: string): readonly [length: string, text: string] {
  return [String(-utf8(text).length), text];
}

/** Why cases without a request are left out over HTTP. */
export const NEEDS_NO_REQUEST: NonNullable<Case['not']> = {
  'sat run': 'a call over HTTP has a request',
  constellation: 'a call over HTTP has a request',
};
