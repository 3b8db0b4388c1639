/**
 * What the main thread and a guest thread say to each other: one message a turn in each direction, made of flat tuples and
 * one pack of bytes and numbers, because this is what the engine clones fastest.
 */
import type { Ask, GuestProfile, RequestChanges, WasmMemory, WasmModule } from '../../abi/index.ts';
import type { CapabilityAnswer, LogLevel } from '../../capability/index.ts';
import type { FileOperation } from '../../wasi/index.ts';
import { type BytePack, unpack } from './byte-pack.ts';
import type { PackedEnds } from './call-end.ts';
import type { PackedCalls } from './call-start.ts';
import type { FailureCode } from '../result.ts';
import type { PackedFrame } from '../guest/index.ts';

/** Bytes in the pack of the same message. */
export type PackedBytes = readonly [offset: number, length: number];

/** A map of texts as name, value, name, value. */
export type PackedTexts = readonly string[];

/** A map of bytes as name, offset, length, … */
export type PackedState = readonly (string | number)[];

/** What guests ask of the main thread: their capabilities, and the files that were granted to them. */
export type ThreadAsk = Ask | { readonly capability: 'files'; readonly operation: FileOperation };

/** A module's code for a thread. */
export interface ModuleMessage {
  readonly id: number;
  readonly code: WasmModule;
  /** The export that makes an instance new again; undefined when each call needs another instance. */
  readonly renewExport: string | undefined;
  readonly profile: GuestProfile;
  readonly pages: number;
  readonly maxPages: number;
  /** Entries that the tables of one guest may have. */
  readonly tableEntries: number;
  /** What one guest takes of the heap beside them, bytes. */
  readonly instanceBytes: number;
}

/** A capability's answer: bytes, or a message and a reason. */
export type PackedAnswer =
  | readonly [call: number, value: PackedBytes]
  | readonly [call: number, message: string, reason: 'refused' | 'missing' | 'failed'];

/** Main thread → guest thread. */
export interface ToThread {
  readonly load: readonly ModuleMessage[];
  readonly unload: readonly number[];
  readonly calls: PackedCalls;
  readonly answers: readonly PackedAnswer[];
  readonly aborts: readonly number[];
  readonly bytes: ArrayBuffer;
}

/** What a guest changed, see `RequestChanges`. */
export type PackedChanges = readonly [
  method: string | undefined,
  url: string | undefined,
  body: PackedBytes | undefined,
  headers: PackedTexts | undefined,
  params: PackedTexts | undefined,
  state: PackedState | undefined,
];

/** How a call ended in its thread. */
export type PackedOutcome =
  | readonly ['output', PackedBytes | undefined, responseHeaders: PackedTexts | undefined, PackedChanges | undefined]
  | readonly ['guest-error', code: number, message: string]
  | readonly ['failure', code: FailureCode, message: string, frames?: readonly PackedFrame[]];

/** Guest thread → main thread. In order: log lines, asks, results. */
export interface FromThread {
  readonly logs: readonly (readonly [call: number, level: LogLevel, message: string])[];
  readonly asks: readonly (readonly [call: number, ask: ThreadAsk])[];
  readonly ends: PackedEnds;
  readonly bytes: ArrayBuffer;
}

/** What a guest thread is given at its start. */
export interface ThreadData {
  readonly index: number;
  readonly control: Int32Array;
  readonly flag: WasmMemory;
  /** Linear memory of all guests of this thread together, bytes. */
  readonly memoryBytes: number;
  /** Table entries of all guests of this thread together. */
  readonly tableEntries: number;
  /** How many idle memories the thread keeps for later calls. */
  readonly idleSlots: number;
}

export function packTexts(map: ReadonlyMap<string, string>): PackedTexts {
  const flat: string[] = [];
  for (const [name, value] of map) flat.push(name, value);
  return flat;
}

export function unpackTexts(flat: PackedTexts): Map<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(flat[i] as string, flat[i + 1] as string);
  return map;
}

export function packState(map: ReadonlyMap<string, Uint8Array>, pack: BytePack): PackedState {
  const flat: (string | number)[] = [];
  for (const [name, value] of map) flat.push(name, pack.add(value), value.length);
  return flat;
}

export function unpackState(flat: PackedState, bytes: ArrayBuffer): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  for (let i = 0; i + 2 < flat.length; i += 3) {
    map.set(flat[i] as string, unpack(bytes, flat[i + 1] as number, flat[i + 2] as number));
  }
  return map;
}

export function packChanges(changes: RequestChanges, pack: BytePack): PackedChanges {
  const { method, url, body, headers, params, state } = changes;
  return [
    method,
    url,
    body && [pack.add(body), body.length],
    headers && packTexts(headers),
    params && packTexts(params),
    state && packState(state, pack),
  ];
}

export function unpackChanges(packed: PackedChanges, bytes: ArrayBuffer): RequestChanges {
  const [method, url, body, headers, params, state] = packed;
  return {
    ...(method !== undefined && { method }),
    ...(url !== undefined && { url }),
    ...(body && { body: unpack(bytes, ...body) }),
    ...(headers && { headers: unpackTexts(headers) }),
    ...(params && { params: unpackTexts(params) }),
    ...(state && { state: unpackState(state, bytes) }),
  };
}

export function unpackAnswer(packed: PackedAnswer, bytes: ArrayBuffer): CapabilityAnswer {
  return typeof packed[1] === 'string'
    ? { ok: false, message: packed[1], reason: packed[2] as 'refused' | 'missing' | 'failed' }
    : { ok: true, value: unpack(bytes, ...packed[1]) };
}
