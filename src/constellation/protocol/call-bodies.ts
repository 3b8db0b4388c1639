import { BareReader, BareWriter } from '../../kernel/bare/index.ts';
import type { FunctionRequest, RequestChanges, RequestView } from '../../compute/abi/index.ts';
import { malformed } from './errors.ts';
import { MAX_ENTRIES, readState, readStrings, writeState, writeStrings } from './fields.ts';

/** Ours: characters of a caller's name. */
const MAX_CALLER = 64;
/** Ours: characters of a trace; version 00 has 55. */
const MAX_TRACE = 64;
/** Ours: bytes of CALL and RESULT. Who sends more is cut off, with all that goes on over the session, so nobody must send it. */
export const MAX_CALL_BYTES: number = 96 * 1024 * 1024;
export const MAX_RESULT_BYTES: number = MAX_CALL_BYTES;

/** One call of a function (`constellation.md` §6.1). */
export interface Call {
  readonly deployment: number;
  /** Place in the deployment's list. */
  readonly functionIndex: number;
  /** Milliseconds the gateway still waits, 1 … 2^32−1. */
  readonly remainingMs: number;
  readonly request: FunctionRequest;
  /** Whose call it is, a name that means nothing but itself; empty when the gateway does not say. */
  readonly caller: string;
  /** `traceparent` (W3C Trace Context) of the call; empty when the gateway does not trace it. */
  readonly trace: string;
}

/** `request` is read only. */
export function encodeCall(call: Omit<Call, 'request'> & { readonly request: RequestView }): Uint8Array {
  const { request } = call;
  const writer = new BareWriter(512 + request.body.length);
  writer.u32(call.deployment).u16(call.functionIndex).u32(call.remainingMs);
  writer.string(request.id).string(request.method).string(request.url);
  writeStrings(writer, request.headers);
  writeStrings(writer, request.params);
  writeState(writer, request.state);
  writeStrings(writer, request.responseHeaders);
  writer.data(request.body);
  // The last fields, so that Sats of before ignore them.
  if (call.caller !== '' || call.trace !== '') writer.string(call.caller);
  if (call.trace !== '') writer.string(call.trace);
  return writer.finish();
}

/** Whether a CALL with `request` is accepted, its length aside: functions may have put more into it than fits. */
export function fitsCall({ headers, params, state, responseHeaders }: RequestView): boolean {
  return (
    headers.size <= MAX_ENTRIES &&
    params.size <= MAX_ENTRIES &&
    state.size <= MAX_ENTRIES &&
    responseHeaders.size <= MAX_ENTRIES
  );
}

/** Bytes of the request are views of `body`. @throws {BareError | ProtocolError} */
export function decodeCall(body: Uint8Array): Call {
  const reader = new BareReader(body);
  const deployment = reader.u32();
  const functionIndex = reader.u16();
  const remainingMs = reader.u32();
  const request = {
    id: reader.string(),
    method: reader.string(),
    url: reader.string(),
    headers: readStrings(reader),
    params: readStrings(reader),
    state: readState(reader),
    responseHeaders: readStrings(reader),
    body: reader.data(),
  };
  const caller = reader.remaining > 0 ? reader.string() : '';
  if (caller.length > MAX_CALLER) throw malformed(`a caller of ${caller.length} characters`);
  const trace = reader.remaining > 0 ? reader.string() : '';
  if (trace.length > MAX_TRACE) throw malformed(`a trace of ${trace.length} characters`);
  return { deployment, functionIndex, remainingMs, request, caller, trace };
}

/** What a call used, for logs and metrics. */
export interface Usage {
  /** Microseconds of running in the guest, of the whole call, and of waiting for a turn; up to 2^32−1. */
  readonly cpuUs: number;
  readonly wallUs: number;
  readonly queueUs: number;
  /** The most memory the guest had, in bytes. */
  readonly memoryBytes: number;
}

/** How a call ended (`constellation.md` §6.2). */
export type Outcome =
  | {
      readonly kind: 'output';
      /** Undefined when the function returned nothing. */
      readonly output: Uint8Array | undefined;
      /** Headers of the response that the function set. */
      readonly responseHeaders: ReadonlyMap<string, string>;
      /** What the function changed in its request; undefined when nothing. */
      readonly changes: RequestChanges | undefined;
    }
  /** The function's own error. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** The call was stopped or broke; `code` is one of the sandbox's. The message is for logs. */
  | { readonly kind: 'failure'; readonly code: string; readonly message: string };

/** The end of a call. */
export interface Result {
  readonly outcome: Outcome;
  readonly usage: Usage;
}

/** Whether a RESULT with `outcome` is accepted, its length aside. */
export function fitsResult(outcome: Outcome): boolean {
  if (outcome.kind !== 'output') return true;
  const { responseHeaders, changes } = outcome;
  return [responseHeaders, changes?.headers, changes?.params, changes?.state].every(
    (map) => map === undefined || map.size <= MAX_ENTRIES,
  );
}

const OUTCOME = { output: 0, error: 1, failure: 2 } as const;

export function encodeResult({ outcome, usage }: Result): Uint8Array {
  const writer = new BareWriter(128 + (outcome.kind === 'output' ? (outcome.output?.length ?? 0) : 64));
  writer.u32(usage.cpuUs).u32(usage.wallUs).u32(usage.queueUs).u32(usage.memoryBytes).u8(OUTCOME[outcome.kind]);
  switch (outcome.kind) {
    case 'output':
      writer.bool(outcome.output !== undefined);
      if (outcome.output !== undefined) writer.data(outcome.output);
      writeStrings(writer, outcome.responseHeaders);
      writeChanges(writer, outcome.changes);
      break;
    case 'error':
      writer.u32(outcome.code >>> 0).string(outcome.message);
      break;
    case 'failure':
      writer.string(outcome.code).string(outcome.message);
      break;
  }
  return writer.finish();
}

/** Bytes of the result are views of `body`. @throws {BareError | ProtocolError} */
export function decodeResult(body: Uint8Array): Result {
  const reader = new BareReader(body);
  const usage = { cpuUs: reader.u32(), wallUs: reader.u32(), queueUs: reader.u32(), memoryBytes: reader.u32() };
  return { usage, outcome: readOutcome(reader) };
}

function readOutcome(reader: BareReader): Outcome {
  const kind = reader.u8();
  switch (kind) {
    case OUTCOME.output: {
      const output = reader.bool() ? reader.data() : undefined;
      return { kind: 'output', output, responseHeaders: readStrings(reader), changes: readChanges(reader) };
    }
    case OUTCOME.error:
      return { kind: 'error', code: reader.u32() | 0, message: reader.string() };
    case OUTCOME.failure:
      return { kind: 'failure', code: reader.string(), message: reader.string() };
    default:
      throw malformed(`there is no outcome ${kind}`);
  }
}

/** Bits of the octet that says which parts of a request were changed. */
const CHANGED = { method: 1, url: 2, body: 4, headers: 8, params: 16, state: 32 } as const;
const ALL_CHANGED = 63;

function writeChanges(writer: BareWriter, changes: RequestChanges | undefined): void {
  if (changes === undefined) {
    writer.u8(0);
    return;
  }
  const { method, url, body, headers, params, state } = changes;
  writer.u8(
    (method === undefined ? 0 : CHANGED.method) |
      (url === undefined ? 0 : CHANGED.url) |
      (body === undefined ? 0 : CHANGED.body) |
      (headers === undefined ? 0 : CHANGED.headers) |
      (params === undefined ? 0 : CHANGED.params) |
      (state === undefined ? 0 : CHANGED.state),
  );
  if (method !== undefined) writer.string(method);
  if (url !== undefined) writer.string(url);
  if (body !== undefined) writer.data(body);
  if (headers !== undefined) writeStrings(writer, headers);
  if (params !== undefined) writeStrings(writer, params);
  if (state !== undefined) writeState(writer, state);
}

function readChanges(reader: BareReader): RequestChanges | undefined {
  const bits = reader.u8();
  if (bits === 0) return undefined;
  if (bits > ALL_CHANGED) throw malformed(`${bits} does not say what was changed`);
  return {
    ...((bits & CHANGED.method) !== 0 && { method: reader.string() }),
    ...((bits & CHANGED.url) !== 0 && { url: reader.string() }),
    ...((bits & CHANGED.body) !== 0 && { body: reader.data() }),
    ...((bits & CHANGED.headers) !== 0 && { headers: readStrings(reader) }),
    ...((bits & CHANGED.params) !== 0 && { params: readStrings(reader) }),
    ...((bits & CHANGED.state) !== 0 && { state: readState(reader) }),
  };
}

/** Why a call was not started (§6.3): nothing of it has run, so any Sat may try it again. */
export const REJECTION = { overloaded: 0, unknownFunction: 1, draining: 2 } as const;
export type Rejection = (typeof REJECTION)[keyof typeof REJECTION];

export function encodeRejected(reason: Rejection): Uint8Array {
  return Uint8Array.of(reason);
}

/** The reason, or `overloaded` for one that is not known. @throws {BareError} */
export function decodeRejected(body: Uint8Array): Rejection {
  const reason = new BareReader(body).u8();
  return Object.values(REJECTION).find((known) => known === reason) ?? REJECTION.overloaded;
}

/** What a running call asks of its gateway (§6.5). */
export type Question =
  | { readonly kind: 'cache-get' | 'static-file' | 'secret'; readonly call: number; readonly name: string }
  | {
      readonly kind: 'cache-set';
      readonly call: number;
      readonly name: string;
      readonly value: Uint8Array;
      /** 0: no expiry. */
      readonly ttlSeconds: number;
    };

const QUESTIONS = ['cache-get', 'cache-set', 'static-file', 'secret'] as const;

export function encodeAsk(question: Question): Uint8Array {
  const writer = new BareWriter(64).u8(QUESTIONS.indexOf(question.kind)).u32(question.call).string(question.name);
  if (question.kind === 'cache-set') writer.u32(question.ttlSeconds).data(question.value);
  return writer.finish();
}

/** The value is a view of `body`. @throws {BareError | ProtocolError} */
export function decodeAsk(body: Uint8Array): Question {
  const reader = new BareReader(body);
  const number = reader.u8();
  const kind = QUESTIONS[number];
  if (kind === undefined) throw malformed(`there is no question ${number}`);
  const call = reader.u32();
  const name = reader.string();
  if (kind !== 'cache-set') return { kind, call, name };
  return { kind, call, name, ttlSeconds: reader.u32(), value: reader.data() };
}

/** The gateway's answer to a question (§6.5): a value, or why not, in the words that the function may see. */
export type Answer =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly reason: 'refused' | 'missing' | 'failed'; readonly message: string };

const REASONS = ['refused', 'missing', 'failed'] as const;

export function encodeAnswer(answer: Answer): Uint8Array {
  if (answer.ok) return new BareWriter(answer.value.length + 10).u8(0).data(answer.value).finish();
  return new BareWriter(64)
    .u8(1 + REASONS.indexOf(answer.reason))
    .string(answer.message)
    .finish();
}

/** The value is a view of `body`. @throws {BareError} */
export function decodeAnswer(body: Uint8Array): Answer {
  const reader = new BareReader(body);
  const number = reader.u8();
  if (number === 0) return { ok: true, value: reader.data() };
  return { ok: false, reason: REASONS[number - 1] ?? 'failed', message: reader.string() };
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** A line that a function logs (§6.6); the frame's id is the call's. */
export interface LogLine {
  readonly level: (typeof LEVELS)[number];
  readonly text: string;
}

export function encodeLog(line: LogLine): Uint8Array {
  return new BareWriter(line.text.length + 16).u8(LEVELS.indexOf(line.level)).string(line.text).finish();
}

/** @throws {BareError} */
export function decodeLog(body: Uint8Array): LogLine {
  const reader = new BareReader(body);
  return { level: LEVELS[reader.u8()] ?? 'info', text: reader.string() };
}
