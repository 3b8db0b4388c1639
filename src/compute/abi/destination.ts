/**
 * Generations 0 and 1: the value goes to a buffer of the guest (`runnable-abi.md` §8.2, §8.3).
 *
 * A guest whose buffer was too small calls again with a larger one. The value of the first call is kept for that, so that
 * a POST is not sent twice.
 */
import { equal, utf8 } from '../../kernel/index.ts';
import type { CapabilityAnswer } from '../capability/index.ts';
import { type HostBinding, type HostFunction, argument, enter, textArgument } from './env.ts';
import { FAILED, REJECTED } from './ffi-slot.ts';
import type { HostCall } from './host-call.ts';
import { outgoingRequest } from './outgoing.ts';

/** Failure values of generation 1; guests only test for < 0. */
const Failure = { absent: -2, request: -3, unknownKey: -3, other: -4 } as const;

type Value = Uint8Array | number;

/** The functions of generations 0 and 1 whose parameters differ from today's. */
export function destinationFunctions(binding: HostBinding): Readonly<Record<string, HostFunction>> {
  const { port } = binding;

  const content = (method: number, url: string, body: Uint8Array): Value | Promise<Value> => {
    const request = outgoingRequest(method, 'old', url, body);
    return request === undefined ? REJECTED : port.ask({ capability: 'fetch', request }).then(contentOf);
  };

  return {
    'print/3': (pointer = 0, length = 0, ident = 0) => {
      const call = enter(binding, ident);
      const message = call && textArgument(binding, call, pointer, length);
      if (message !== undefined) port.log('info', message);
    },
    'fetch/5': (url = 0, urlLength = 0, target = 0, room = 0, ident = 0) => {
      const call = enter(binding, ident);
      const address = call && textArgument(binding, call, url, urlLength);
      if (call === undefined || address === undefined) return FAILED;
      const body = new Uint8Array(0);
      return deliver(binding, call, ['fetch', address], target, room, () => content(1, address, body));
    },
    'fetch_url/8': (method = 0, url = 0, urlLength = 0, body = 0, bodyLength = 0, target = 0, room = 0, ident = 0) => {
      const call = enter(binding, ident);
      const address = call && textArgument(binding, call, url, urlLength);
      const payload = call && argument(binding, call, body, bodyLength);
      if (call === undefined || address === undefined || payload === undefined) return FAILED;
      const of = ['fetch_url', method, address, payload];
      return deliver(binding, call, of, target, room, () => content(method, address, payload));
    },
    'cache_get/5': (pointer = 0, length = 0, target = 0, room = 0, ident = 0) => {
      const call = enter(binding, ident);
      const key = call && textArgument(binding, call, pointer, length);
      if (call === undefined || key === undefined) return FAILED;
      return deliver(binding, call, ['cache_get', key], target, room, () =>
        port.ask({ capability: 'cacheGet', key }).then((answer) => (answer.ok ? answer.value : Failure.absent)),
      );
    },
    'get_static_file/5': (pointer = 0, length = 0, target = 0, room = 0, ident = 0) => {
      const call = enter(binding, ident);
      const name = call && textArgument(binding, call, pointer, length);
      if (call === undefined || name === undefined) return FAILED;
      return deliver(binding, call, ['get_static_file', name], target, room, () =>
        port.ask({ capability: 'staticFile', name }).then(fileOf),
      );
    },
    'request_get_field/6': (type = 0, pointer = 0, length = 0, target = 0, room = 0, ident = 0) => {
      const call = enter(binding, ident);
      const key = call && textArgument(binding, call, pointer, length);
      if (call === undefined || key === undefined) return FAILED;
      const value = fieldOf(call, type, key);
      return typeof value === 'number'
        ? value
        : write(binding, call, ['request_get_field', type, key], target, room, value);
    },
  };
}

/** Fetches a value, or takes the one that did not fit just before, and writes it. */
function deliver(
  binding: HostBinding,
  call: HostCall,
  of: readonly unknown[],
  target: number,
  room: number,
  obtain: () => Value | Promise<Value>,
): number | Promise<number> {
  const kept = call.unfetched;
  call.unfetched = undefined;
  const put = (value: Value): number =>
    typeof value === 'number' ? value : write(binding, call, of, target, room, value);
  if (kept !== undefined && sameArguments(kept.of, of)) return put(kept.value);
  const value = obtain();
  return value instanceof Promise ? value.then(put) : put(value);
}

/** Writes `value` if it fits and keeps it otherwise; returns its length either way. */
function write(
  binding: HostBinding,
  call: HostCall,
  of: readonly unknown[],
  target: number,
  room: number,
  value: Uint8Array,
): number {
  if (value.length > room >>> 0) {
    call.unfetched = { of, value };
    return value.length;
  }
  return binding.memory.write(target, value) ? value.length : FAILED;
}

function sameArguments(a: readonly unknown[], b: readonly unknown[]): boolean {
  return (
    a.length === b.length &&
    a.every((value, i) => {
      const other = b[i];
      return value instanceof Uint8Array && other instanceof Uint8Array ? equal(value, other) : value === other;
    })
  );
}

/** Generation 1 does not look at the status: the body of an error is content like any other. */
function contentOf(answer: CapabilityAnswer): Value {
  if (answer.ok) return answer.value;
  const body = answer.reason === 'failed' ? /^\d{3}: ([^]*)$/.exec(answer.message)?.[1] : undefined;
  return body === undefined ? Failure.request : utf8(body);
}

function fileOf(answer: CapabilityAnswer): Value {
  if (answer.ok) return answer.value;
  if (answer.reason === 'refused') return Failure.absent;
  return answer.reason === 'missing' ? Failure.unknownKey : Failure.other;
}

function fieldOf(call: HostCall, type: number, key: string): Value {
  if (!call.grants.get) {
    call.deny('getField');
    return Failure.other;
  }
  if (call.request === undefined) return Failure.absent;
  const field = call.request.get(type, key);
  if (!field.ok) return Failure.other;
  return field.found ? field.value : Failure.unknownKey;
}
