/** A project description as the rest of the program sees it: complete, valid, frozen (`directive.md §2`). */
import type { CapabilityConnections, Grants, QueryType } from '../capability/index.ts';
import type { FunctionName } from './function-name.ts';
import type { FunctionLimits } from './read-limits.ts';
import type { Rules } from './version.ts';

/** Everything that one bundle's manifest says. */
export interface Directive {
  /** `tenant` when it was read from a `tenant.json`; such a description has workflows and no handlers. */
  readonly kind: 'directive' | 'tenant';
  readonly identifier: string;
  /** With its leading `v`; of a tenant, `v<tenantVersion>.0.0`. */
  readonly appVersion: string;
  readonly atmoVersion: string | undefined;
  readonly headless: boolean;
  readonly functions: readonly FunctionEntry[];
  readonly handlers: readonly Handler[];
  readonly schedules: readonly Schedule[];
  readonly workflows: readonly Workflow[];
  readonly queries: readonly Query[];
  readonly connections: Connections;
  /** What functions may do, from the sections `capabilities`, `authentication`, `connections` and `queries`. */
  readonly grants: Grants;
  /** The cache and database that those sections name. */
  readonly capabilityConnections: CapabilityConnections;
  readonly rules: Rules;
}

/** One function of the application (`directive.md §2.6`, §12.3). */
export interface FunctionEntry {
  readonly name: string;
  readonly namespace: string;
  readonly lang: string | undefined;
  readonly apiVersion: string | undefined;
  /** Lower-case hex SHA-256 of the module, when the manifest states it. */
  readonly ref: string | undefined;
  /** What it needs at most, its own limits and the Directive's together; absent when nothing is said. */
  readonly limits?: FunctionLimits | undefined;
}

/** What answers a request or a message. */
export type Handler = RequestHandler | StreamHandler;

/** A handler for HTTP requests. */
export interface RequestHandler extends Sequence {
  readonly type: 'request';
  /** Compared exactly. */
  readonly method: string;
  /** Path pattern, see `route-table.ts`. */
  readonly resource: string;
  /** `METHOD resource`. */
  readonly name: string;
  readonly place: string;
}

/** A handler for messages of a stream; parsed and checked, not served. */
export interface StreamHandler extends Sequence {
  readonly type: 'stream';
  readonly source: 'server' | 'nats' | 'kafka';
  /** A path, or a topic for brokers. */
  readonly resource: string;
  readonly respondTo: string | undefined;
  readonly name: string;
  readonly place: string;
}

/** Steps and the state key that becomes the result. */
export interface Sequence {
  readonly steps: readonly Step[];
  readonly response: string | undefined;
}

/** A named sequence of a tenant (`directive.md §12.1`). */
export interface Workflow extends Sequence {
  readonly name: string;
  readonly place: string;
}

/** One step: a function, or functions that run at the same time. */
export type Step =
  | { readonly kind: 'function'; readonly call: FunctionCall }
  | { readonly kind: 'group'; readonly calls: readonly FunctionCall[]; readonly onErr: OnErr | undefined };

/** One call of a function. */
export interface FunctionCall {
  /** The reference as written. */
  readonly fn: string;
  readonly target: FunctionName;
  /** State key of the output: `as`, or the reference as written. */
  readonly key: string;
  /** `undefined` when the step has no `with`. */
  readonly with: readonly Alias[] | undefined;
  readonly onErr: OnErr | undefined;
  readonly place: string;
}

/** One entry of `with`: the function sees state key `key` under the name `alias`. */
export interface Alias {
  readonly alias: string;
  readonly key: string;
}

/** What to do after an error that a function returned. */
export type ErrorAction = 'return' | 'continue';

/** `directive.md §2.3.` */
export interface OnErr {
  readonly codes: readonly { readonly code: number; readonly action: ErrorAction }[];
  /** For codes not in `codes`, when there are any. */
  readonly other: ErrorAction | undefined;
  /** For every code, when `codes` is empty. */
  readonly any: ErrorAction | undefined;
}

/** A sequence that is started by time; parsed and checked, not run. */
export interface Schedule extends Sequence {
  readonly name: string;
  readonly everySeconds: number;
  /** State at the start. */
  readonly state: readonly (readonly [key: string, value: string])[];
  readonly place: string;
}

/** A database query that guests call by name (`directive.md §10`). */
export interface Query {
  readonly name: string;
  readonly query: string;
  readonly type: QueryType;
  /** How many values a guest must give; 0 when it is not said, then the placeholders of the text count. */
  readonly varCount: number;
  readonly place: string;
}

/** Servers that the application uses; every text may be `env(NAME)`. */
export interface Connections {
  readonly nats: { readonly serverAddress: string } | undefined;
  readonly kafka: { readonly brokerAddress: string } | undefined;
  readonly database: { readonly type: 'mysql' | 'postgresql'; readonly connectionString: string } | undefined;
  readonly redis:
    | { readonly serverAddress: string; readonly username: string | undefined; readonly password: string | undefined }
    | undefined;
}
