/**
 * The platform functions of generations 2 and 3 (`runnable-abi.md` §6, §7).
 *
 * Every function copies its arguments before it does anything else, because guests free them early; checks the ident; and
 * answers −1 (or does nothing) to a pointer outside of the memory. None throws anything a guest could catch.
 */
import { EMPTY } from '../../kernel/index.ts';
import type { LogLevel, QueryType } from '../capability/index.ts';
import { FAILED, REJECTED } from './ffi-slot.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { HostCall, HostPort, Report } from './host-call.ts';
import { type MethodNumbering, outgoingRequest } from './outgoing.ts';

/** What the functions of one instance work on. */
export interface HostBinding {
  readonly memory: GuestMemory;
  readonly port: HostPort;
  readonly methodNumbering: MethodNumbering;
  readonly javascript: boolean;
  /** The call whose `run_e` is running. */
  call: HostCall | undefined;
}

/** A host function as the engine calls it. */
export type HostFunction = (...args: number[]) => number | undefined | Promise<number>;

/** Text of every answer for a capability that is not granted. */
export const NOT_ENABLED = 'capability is not enabled';

const LOG_LEVELS: Readonly<Record<number, LogLevel>> = { 1: 'error', 2: 'warn', 3: 'info', 4: 'debug' };
const MAX_LOG_BYTES = 8192;
const MAX_VARIABLES = 1024;
const QUERY_TYPES: readonly QueryType[] = ['insert', 'select', 'update', 'delete'];

/** The call that `ident` names; undefined for a forged or stale one. Counts the host call first, whoever made it. */
export function enter(binding: HostBinding, ident: number): HostCall | undefined {
  binding.port.count();
  const { call } = binding;
  return call !== undefined && call.ident === ident ? call : undefined;
}

/** A copy of an argument; undefined when it is outside of the memory or larger than the limit. */
export function argument(
  binding: HostBinding,
  call: HostCall,
  pointer: number,
  length: number,
): Uint8Array | undefined {
  return length >>> 0 > call.limits.argumentBytes ? undefined : binding.memory.copy(pointer, length);
}

/** A text argument; undefined as in {@link argument}. */
export function textArgument(
  binding: HostBinding,
  call: HostCall,
  pointer: number,
  length: number,
): string | undefined {
  return length >>> 0 > call.limits.argumentBytes ? undefined : binding.memory.text(pointer, length);
}

/** Results and errors of a call (`runnable-abi.md` §5): the first report counts, later ones are ignored. */
export function reportFunctions(binding: HostBinding): Readonly<Record<string, HostFunction>> {
  const report = (
    call: HostCall | undefined,
    length: number,
    make: (call: HostCall) => Report | undefined,
  ): undefined => {
    if (call === undefined || call.report !== undefined) return;
    if (length > call.limits.outputBytes) binding.port.outputTooLarge(length);
    call.report = make(call);
  };
  return {
    'return_result/3': (pointer = 0, length = 0, ident = 0) =>
      report(enter(binding, ident), length >>> 0, () => {
        const output = binding.memory.copy(pointer, length);
        return output && { kind: 'output', output };
      }),
    'return_error/4': (code = 0, pointer = 0, length = 0, ident = 0) =>
      report(enter(binding, ident), length >>> 0, () => {
        const message = binding.memory.text(pointer, length);
        if (message === undefined) return undefined;
        // Code 0 without a text means "no error" to every sequence engine.
        if (code === 0 && message === '') return { kind: 'output', output: undefined };
        return { kind: 'error', code, message };
      }),
    'return_abort/7': (message = 0, messageLength = 0, file = 0, fileLength = 0, line = 0, column = 0, ident = 0) =>
      report(enter(binding, ident), (messageLength >>> 0) + (fileLength >>> 0), () => {
        const what = binding.memory.text(message, messageLength);
        const where = binding.memory.text(file, fileLength);
        if (what === undefined || where === undefined) return undefined;
        const text = `runnable abort: ${what}; file: ${where}, line: ${line >>> 0}, col: ${column >>> 0}`;
        return { kind: 'error', code: -1, message: text };
      }),
  };
}

/** Functions that the thread answers alone. */
export function localFunctions(binding: HostBinding): Readonly<Record<string, HostFunction>> {
  return {
    'get_ffi_result/2': (pointer = 0, ident = 0) => {
      const pending = enter(binding, ident)?.ffi.take();
      return pending !== undefined && binding.memory.write(pointer, pending) ? 0 : FAILED;
    },
    'add_ffi_var/5': (name = 0, nameLength = 0, pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined || textArgument(binding, call, name, nameLength) === undefined) return FAILED;
      const value = textArgument(binding, call, pointer, length);
      const bytes = call.variableBytes + (length >>> 0);
      if (value === undefined || bytes > call.limits.argumentBytes || call.variables.length >= MAX_VARIABLES) {
        return FAILED;
      }
      call.variableBytes = bytes;
      call.variables.push(value);
      return 0;
    },
    'log_msg/4': (pointer = 0, length = 0, level = 0, ident = 0) => {
      if (enter(binding, ident) === undefined) return;
      const message = binding.memory.text(pointer, Math.min(length >>> 0, MAX_LOG_BYTES));
      if (message !== undefined) binding.port.log(LOG_LEVELS[level] ?? 'info', message);
    },
    'request_get_field/4': (type = 0, pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const key = textArgument(binding, call, pointer, length);
      if (key === undefined) return FAILED;
      if (!call.grants.get) {
        call.deny('getField');
        return call.ffi.error(NOT_ENABLED);
      }
      const field = call.request?.get(type, key) ?? { ok: false, message: 'req is not set' };
      return field.ok ? call.ffi.value(field.value) : call.ffi.error(field.message);
    },
    'request_set_field/6': (type = 0, pointer = 0, length = 0, valuePointer = 0, valueLength = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const key = textArgument(binding, call, pointer, length);
      const value = argument(binding, call, valuePointer, valueLength);
      if (key === undefined || value === undefined) return FAILED;
      noteFailure(binding, 'request_set_field', () => {
        if (!call.grants.set) {
          call.deny('setField');
          return NOT_ENABLED;
        }
        return call.request === undefined ? 'req is not set' : call.request.set(type, key, value);
      });
      return call.ffi.value(EMPTY);
    },
    'resp_set_header/5': (pointer = 0, length = 0, valuePointer = 0, valueLength = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return;
      const name = textArgument(binding, call, pointer, length);
      const value = textArgument(binding, call, valuePointer, valueLength);
      if (name === undefined || value === undefined) return;
      noteFailure(binding, 'resp_set_header', () => {
        if (!call.grants.responseHeaders) {
          call.deny('responseHeaders');
          return NOT_ENABLED;
        }
        return call.request === undefined ? 'req is not set' : call.request.setResponseHeader(name, value);
      });
    },
  };
}

/** Functions during which the guest waits for an answer from outside. */
export function askingFunctions(binding: HostBinding): Readonly<Record<string, HostFunction>> {
  const { port } = binding;
  return {
    'fetch_url/6': (method = 0, url = 0, urlLength = 0, body = 0, bodyLength = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const target = textArgument(binding, call, url, urlLength);
      const content = argument(binding, call, body, bodyLength);
      if (target === undefined || content === undefined) return FAILED;
      call.ffi.clear();
      const request = outgoingRequest(method, binding.methodNumbering, target, content);
      if (request === undefined) return REJECTED;
      return port.ask({ capability: 'fetch', request }).then((answer) => call.ffi.answer(answer));
    },
    'graphql_query/5': (pointer = 0, length = 0, queryPointer = 0, queryLength = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const endpoint = textArgument(binding, call, pointer, length);
      const query = textArgument(binding, call, queryPointer, queryLength);
      if (endpoint === undefined || query === undefined) return FAILED;
      return port.ask({ capability: 'graphql', endpoint, query }).then((answer) => call.ffi.answer(answer));
    },
    'cache_set/6': (pointer = 0, length = 0, valuePointer = 0, valueLength = 0, ttlSeconds = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const key = textArgument(binding, call, pointer, length);
      const value = argument(binding, call, valuePointer, valueLength);
      if (key === undefined || value === undefined) return FAILED;
      call.ffi.clear();
      return port.ask({ capability: 'cacheSet', key, value, ttlSeconds }).then((answer) => (answer.ok ? 0 : REJECTED));
    },
    'cache_get/3': (pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const key = textArgument(binding, call, pointer, length);
      if (key === undefined) return FAILED;
      return port.ask({ capability: 'cacheGet', key }).then((answer) => call.ffi.answer(answer));
    },
    'get_static_file/3': (pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const name = textArgument(binding, call, pointer, length);
      if (name === undefined) return FAILED;
      return port.ask({ capability: 'staticFile', name }).then((answer) => call.ffi.answer(answer));
    },
    'db_exec/4': (queryType = 0, pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const name = textArgument(binding, call, pointer, length);
      if (name === undefined) return FAILED;
      const variables = call.variables.splice(0);
      call.variableBytes = 0;
      const type = QUERY_TYPES[queryType];
      if (type === undefined) return call.ffi.error('query type invalid');
      return port
        .ask({ capability: 'database', type: binding.javascript ? undefined : type, name, variables })
        .then((answer) => call.ffi.answer(answer));
    },
    'get_secret_value/3': (pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      if (call === undefined) return FAILED;
      const name = textArgument(binding, call, pointer, length);
      if (name === undefined) return FAILED;
      return port
        .ask({ capability: 'secret', name })
        .then((answer) => call.ffi.value(answer.ok ? answer.value : EMPTY));
    },
  };
}

/** The guest is never told that a write failed (`runnable-abi.md` §7.5), so its author finds it in the log. */
function noteFailure(binding: HostBinding, name: string, attempt: () => string | undefined): void {
  const failure = attempt();
  if (failure !== undefined) binding.port.log('warn', `${name}: ${failure}`);
}
