/** A sandbox whose functions are written in the test: a module is a text, and the script says what its calls do. */
import type { CallOptions, CallResult, Sandbox, SandboxModule } from '../../compute/sandbox/index.ts';
import { CodedError, fromUtf8, utf8 } from '../../kernel/index.ts';

/** One call as the script sees it. */
export interface ScriptedCall {
  /** The module's text. */
  readonly module: string;
  readonly options: CallOptions;
  /** Ends the call; harmless when repeated. */
  readonly finish: (result: Omit<CallResult, 'usage'>) => void;
}

class ScriptError extends CodedError<'WASM_MALFORMED'> {}

/** What a call that says nothing else returns. */
export function output(text: string, more: object = {}): Omit<CallResult, 'usage'> {
  const result = { kind: 'output', output: utf8(text), responseHeaders: new Map(), changes: undefined, ...more };
  return result as Omit<CallResult, 'usage'>;
}

/** Runs scripts instead of modules; a module whose text starts with `bad` is not loaded. */
export class ScriptedSandbox implements Pick<Sandbox, 'loadAside' | 'unload' | 'call'> {
  readonly loaded: string[] = [];
  readonly calls: ScriptedCall[] = [];
  /** Called for each call. Default: the module's text comes back at once. */
  script: (call: ScriptedCall) => void = (call) => call.finish(output(call.module));
  readonly #texts = new WeakMap<SandboxModule, string>();

  loadAside = async (bytes: Uint8Array): Promise<SandboxModule> => {
    const text = fromUtf8(bytes.subarray(0, 200));
    if (text.startsWith('bad')) throw new ScriptError('WASM_MALFORMED', 'this is no module');
    const module = { digest: '', profile: {}, memory: { initialBytes: 0, maxBytes: 0 } } as unknown as SandboxModule;
    this.#texts.set(module, text);
    this.loaded.push(text);
    return module;
  };

  unload = (module: SandboxModule): void => {
    const at = this.loaded.indexOf(this.#texts.get(module) ?? '');
    if (at >= 0) this.loaded.splice(at, 1);
  };

  call = (module: SandboxModule, options: CallOptions): Promise<CallResult> => {
    const { promise, resolve } = Promise.withResolvers<CallResult>();
    const times = { cpuMs: 1, wallMs: 2, queueMs: 0, startMs: 0.5, runMs: 1, waitMs: 0.5 };
    const usage = { ...times, memoryBytes: 65_536, hostCalls: 1 };
    const finish = (result: Omit<CallResult, 'usage'>): void => resolve({ ...result, usage } as CallResult);
    options.signal?.addEventListener('abort', () => {
      finish({ kind: 'failure', code: 'ABORTED', message: 'aborted' } as Omit<CallResult, 'usage'>);
    });
    const call: ScriptedCall = { module: this.#texts.get(module) ?? '', options, finish };
    this.calls.push(call);
    this.script(call);
    return promise;
  };
}
