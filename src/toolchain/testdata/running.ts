/** Runs an application's handlers in this process: routes, sequences and a real sandbox, as a gateway and a Sat would do together. */
import { readBundle, staticFile } from '../../compute/bundle/index.ts';
import type { FunctionRequest } from '../../compute/abi/index.ts';
import {
  bindCapabilities,
  type CapabilityProviders,
  type Grants,
  type GuestLogLine,
  memoryCache,
} from '../../compute/capability/index.ts';
import { type FunctionCall, printFunctionName, type RequestHandler, RouteTable } from '../../compute/directive/index.ts';
import { Sandbox, type SandboxModule } from '../../compute/sandbox/index.ts';
import { type ExecuteFunction, httpAnswer, putChanges, runSequence } from '../../compute/sequence/index.ts';
import { CodedError, fromUtf8, utf8 } from '../../kernel/index.ts';
import { realClock } from '../../../test/support/guests.ts';

/** A response with its body as a text. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An application that takes requests. */
export interface RunningApplication extends AsyncDisposable {
  readonly request: (
    method: string,
    target: string,
    more?: { readonly body?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<TextAnswer>;
  /** What its functions wrote. */
  readonly lines: GuestLogLine[];
}

/** How an application is run. */
export interface RunOptions {
  /** Instead of what the Directive grants. */
  readonly grants?: Grants;
  readonly egress?: CapabilityProviders['egress'];
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Starts the application in `bytes`, a bundle. */
export async function runApplication(bytes: Uint8Array, options: RunOptions = {}): Promise<RunningApplication> {
  const bundle = await readBundle(bytes);
  const { directive } = bundle;
  const routes = new RouteTable<RequestHandler>();
  for (const handler of directive.handlers) {
    if (handler.type === 'request') routes.add(handler.method, handler.resource, handler);
  }
  const lines: GuestLogLine[] = [];
  const providers: CapabilityProviders = {
    cache: memoryCache(realClock),
    files: { read: (_application, name) => Promise.resolve(staticFile(bundle, name)) },
    secrets: { get: (_application, name) => Promise.resolve(options.secrets?.[name]) },
    log: (line) => lines.push(line),
    ...(options.egress && { egress: options.egress }),
  };
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  const modules = new Map<string, SandboxModule>();
  for (const [name, module] of bundle.modules) modules.set(name, sandbox.load(module.bytes));

  const execute: ExecuteFunction = async (call: FunctionCall, request, { signal }) => {
    const module = modules.get(`${call.target.namespace}::${call.target.name}`);
    if (module === undefined) throw new Error(`no module for ${printFunctionName(call.target)}`);
    const capabilities = bindCapabilities(options.grants ?? directive.grants, providers, {
      application: directive.identifier,
      functionName: call.target.name,
      requestId: request.id,
      clock: realClock,
    });
    const result = await sandbox.call(module, { request, capabilities, signal });
    if (result.kind === 'failure') throw new CodedError(result.code, result.message);
    if (result.kind === 'guest-error') return { kind: 'error', code: result.code, message: result.message };
    putChanges(request, result.responseHeaders, result.changes);
    return { kind: 'output', output: result.output };
  };

  return {
    lines,
    request: async (method, target, more = {}) => {
      const decision = routes.find(method, target);
      if (decision.kind !== 'match') return { status: 404, headers: {}, text: decision.kind };
      const body = more.body ?? '';
      const request: FunctionRequest = {
        method,
        url: target,
        id: crypto.randomUUID(),
        body: typeof body === 'string' ? utf8(body) : body,
        headers: new Map(Object.entries(more.headers ?? {})),
        params: new Map(decision.params),
        state: new Map(),
        responseHeaders: new Map(),
      };
      const rules = directive.rules;
      const outcome = await runSequence(decision.value, request, execute, { clock: realClock, rules });
      // A failure is no answer that a test wants to see as 500.
      if (outcome.kind === 'failure') throw outcome.error;
      const answer = httpAnswer(outcome);
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text: fromUtf8(answer.body) };
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
