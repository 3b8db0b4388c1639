import * as v from 'valibot';
import { fromUtf8 } from '../../kernel/index.ts';
import type { ControlHandler } from '../control/index.ts';
import { NodeError } from '../errors.ts';

/** Calls of the control interface by method and path: `POST /tcp-outlet/create`. */
export type Calls = Readonly<Record<string, ControlHandler>>;

/** One kind of thing that a general node has: outlets, relays, channels … */
export interface NodePart {
  readonly calls: Calls;
  /** What `GET /status` says of it, by the field's name in the JSON of `node show`: `outlets`, `services` … */
  readonly status?: (() => Readonly<Record<string, unknown>>) | undefined;
  /** Opens again what was recorded. What cannot be opened is logged and stays recorded; it does not keep the node from starting. */
  readonly restore?: (() => Promise<void>) | undefined;
  readonly close: () => Promise<void> | void;
  /** Others come by it: it is closed after all that has to tell them goodbye. */
  readonly carries?: true | undefined;
}

/**
 * A call whose body is JSON of the shape `schema`.
 * @throws {NodeError} NODE_INPUT, from the handler, when it is not
 */
export function jsonCall<const S extends v.GenericSchema>(
  schema: S,
  handle: (input: v.InferOutput<S>) => unknown,
): ControlHandler {
  return (body) => {
    let value: unknown;
    try {
      value = JSON.parse(fromUtf8(body));
    } catch (cause) {
      throw new NodeError('NODE_INPUT', 'the body of the call is no JSON', { cause });
    }
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return handle(parsed.output);
    const [issue] = parsed.issues;
    throw new NodeError('NODE_INPUT', `the call is malformed at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
  };
}
