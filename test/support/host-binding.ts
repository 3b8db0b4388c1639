import { wasm } from '../../src/compute/abi/engine.ts';
import type { HostBinding } from '../../src/compute/abi/env.ts';
import { GuestMemory } from '../../src/compute/abi/guest-memory.ts';
import { type Ask, HostCall } from '../../src/compute/abi/host-call.ts';
import { RequestFields } from '../../src/compute/abi/request-fields.ts';
import type { FunctionRequest } from '../../src/compute/abi/request.ts';
import type { CapabilityAnswer } from '../../src/compute/capability/index.ts';
import { fromUtf8, utf8 } from '../../src/kernel/index.ts';

/** What a host function threw instead of ending a guest. */
export class Ended extends Error {}

/** A host without a guest: tests call its functions as the engine would, with pointers into a real memory. */
export interface BareHost {
  readonly binding: HostBinding;
  readonly call: HostCall;
  readonly logs: string[];
  readonly asks: Ask[];
  /** How many host functions were counted. */
  readonly counted: () => number;
  /** Puts bytes into the memory; returns pointer and length, to be spread into arguments. */
  readonly put: (value: string | Uint8Array) => [pointer: number, length: number];
  /** Fetches the pending value as text, or returns −1. */
  readonly pending: (functions: Readonly<Record<string, (...args: number[]) => unknown>>) => string | number;
}

/** The ident that the bare host's call has: 0, which is a legal one. */
export const IDENT = 0;

/** A host whose capabilities answer with `answer`. */
export function bareHost(
  options: {
    answer?: (ask: Ask) => CapabilityAnswer;
    request?: FunctionRequest;
    grants?: { get: boolean; set: boolean; responseHeaders: boolean };
    numbering?: 'old' | 'current';
    javascript?: boolean;
  } = {},
): BareHost {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 1 }));
  const logs: string[] = [];
  const asks: Ask[] = [];
  let counted = 0;
  let next = 1024;
  const { request } = options;
  const call = new HostCall(
    IDENT,
    { outputBytes: 1000, argumentBytes: 1000 },
    options.grants ?? { get: true, set: true, responseHeaders: true },
    request && (() => new RequestFields(request, 1000)),
  );
  const binding: HostBinding = {
    memory,
    methodNumbering: options.numbering ?? 'current',
    javascript: options.javascript ?? false,
    call,
    port: {
      count: () => {
        counted++;
      },
      log: (level, message) => logs.push(`${level}: ${message}`),
      ask: async (ask) => {
        asks.push(ask);
        return options.answer?.(ask) ?? { ok: false, message: 'capability is not enabled', reason: 'refused' };
      },
      exit: (code) => {
        throw new Ended(`exit ${code}`);
      },
      unwound: () => 'host',
      outputTooLarge: (bytes) => {
        throw new Ended(`output of ${bytes}`);
      },
      random: (target) => {
        target.fill(7);
      },
      wallMs: () => 1_700_000_000_123.5,
      monotonicMs: () => 5.67,
    },
  };
  return {
    binding,
    call,
    logs,
    asks,
    counted: () => counted,
    put: (value) => {
      const bytes = typeof value === 'string' ? utf8(value) : value;
      const pointer = next;
      memory.write(pointer, bytes);
      next += bytes.length;
      return [pointer, bytes.length];
    },
    pending: (functions) => {
      const before = 60_000;
      memory.write(before, new Uint8Array(4096));
      const result = functions['get_ffi_result/2']?.(before, IDENT);
      if (result !== 0) return -1;
      const bytes = memory.copy(before, 4096) ?? new Uint8Array(0);
      return fromUtf8(bytes.subarray(0, bytes.indexOf(0)));
    },
  };
}
