/**
 * What a sandbox process and its owner say to each other. The process believes its owner. The owner believes nothing: it runs
 * guests, so what comes from it may be anything, and has the shape that is checked here or ends the process.
 */
import * as v from 'valibot';
import type { Ask, RequestView } from '../../abi/index.ts';
import {
  type CallCapabilities,
  type CapabilityAnswer,
  escapeGuestText,
  type LogLevel,
} from '../../capability/index.ts';
import type { CpuProfile } from '../../profile/index.ts';
import { SandboxError } from '../errors.ts';
import type { CallLimits, SandboxLimits } from '../limits.ts';
import type { LoadOptions } from '../compile/index.ts';
import type { CallOptions } from '../open-call.ts';
import type { CallResult } from '../result.ts';
import { profileShape } from './profile-shape.ts';

/** What a call is started with; the capabilities stay with the owner. */
export interface RemoteCall extends Pick<CallOptions, 'input' | 'limits' | 'declared' | 'caller' | 'label' | 'wasi'> {
  readonly request?: RequestView;
  readonly requestFields: CallCapabilities['requestFields'];
}

/** Owner → process. */
export type ToProcess =
  | {
      readonly kind: 'open';
      readonly limits: Partial<SandboxLimits>;
      readonly callLimits: Partial<CallLimits>;
    }
  | { readonly kind: 'load'; readonly id: number; readonly bytes: Uint8Array; readonly options: LoadOptions }
  | { readonly kind: 'unload'; readonly id: number }
  | { readonly kind: 'call'; readonly id: number; readonly module: number; readonly call: RemoteCall }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: CapabilityAnswer }
  | { readonly kind: 'profile'; readonly id: number; readonly module: number; readonly durationMs: number }
  | { readonly kind: 'end profile'; readonly id: number };

/** Process → owner. */
export type FromProcess =
  /** The permissions that it should not have and holds all the same. */
  | { readonly kind: 'started'; readonly permissions: readonly string[] }
  | { readonly kind: 'open' }
  | { readonly kind: 'loaded'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'log'; readonly call: number; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'ask'; readonly id: number; readonly call: number; readonly ask: Ask }
  | { readonly kind: 'result'; readonly call: number; readonly result: CallResult }
  | { readonly kind: 'profile'; readonly id: number; readonly profile: CpuProfile };

const MAX_CODE = 64;
const MAX_TEXT = 65_536;

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
/** For logs, where it must not deceive: the process escapes what guests say, unless it is theirs by now. */
const shown = v.pipe(text, v.transform(escaped));
const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array);
const texts = v.map(v.string(), v.string());
const method = v.picklist(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);
const queryType = v.picklist(['insert', 'select', 'update', 'delete']);

const question = v.variant('capability', [
  v.object({
    capability: v.literal('fetch'),
    request: v.object({ method, url: v.string(), headers: v.array(v.tuple([v.string(), v.string()])), body: bytes }),
  }),
  v.object({ capability: v.literal('graphql'), endpoint: v.string(), query: v.string() }),
  v.object({ capability: v.literal('cacheGet'), key: v.string() }),
  v.object({
    capability: v.literal('cacheSet'),
    key: v.string(),
    value: bytes,
    ttlSeconds: v.pipe(v.number(), v.finite()),
  }),
  v.object({ capability: v.literal('staticFile'), name: v.string() }),
  v.object({
    capability: v.literal('database'),
    type: v.undefinedable(queryType),
    name: v.string(),
    variables: v.array(v.string()),
  }),
  v.object({ capability: v.literal('secret'), name: v.string() }),
]);

const usage = v.object({
  cpuMs: amount,
  wallMs: amount,
  queueMs: amount,
  startMs: amount,
  runMs: amount,
  waitMs: amount,
  memoryBytes: amount,
  hostCalls: amount,
  denials: v.exactOptional(
    v.object({
      getField: v.exactOptional(amount),
      setField: v.exactOptional(amount),
      responseHeaders: v.exactOptional(amount),
    }),
  ),
});

const changes = v.object({
  method: v.exactOptional(v.string()),
  url: v.exactOptional(v.string()),
  body: v.exactOptional(bytes),
  headers: v.exactOptional(texts),
  params: v.exactOptional(texts),
  state: v.exactOptional(v.map(v.string(), bytes)),
});

const failureCode = v.picklist([
  'TRAP',
  'STACK',
  'MEMORY_LIMIT',
  'DEADLINE',
  'CPU_TIME',
  'HOST_CALL_FLOOD',
  'OUTPUT_TOO_LARGE',
  'ABORTED',
  'THREAD_LOST',
  'OVERLOADED',
]);

const result = v.variant('kind', [
  v.object({
    kind: v.literal('output'),
    output: v.undefinedable(bytes),
    responseHeaders: texts,
    changes: v.undefinedable(changes),
    usage,
  }),
  v.object({ kind: v.literal('guest-error'), code: v.pipe(v.number(), v.integer()), message: v.string(), usage }),
  v.object({
    kind: v.literal('failure'),
    code: failureCode,
    message: shown,
    retryAfterSeconds: v.exactOptional(v.pipe(amount, v.maxValue(3600))),
    stack: v.exactOptional(
      v.pipe(
        v.array(v.object({ functionIndex: amount, name: v.undefinedable(shown), offset: v.undefinedable(amount) })),
        v.maxLength(256),
      ),
    ),
    usage,
  }),
]);

const fromProcess = v.variant('kind', [
  v.object({ kind: v.literal('started'), permissions: v.array(text) }),
  v.object({ kind: v.literal('open') }),
  v.object({ kind: v.literal('loaded'), id }),
  v.object({
    kind: v.literal('refused'),
    id,
    code: v.pipe(v.string(), v.maxLength(MAX_CODE), v.regex(/^(?:WASM|ABI|SANDBOX|PROFILE)_[A-Z0-9_]+$/)),
    message: shown,
  }),
  v.object({
    kind: v.literal('log'),
    call: id,
    level: v.picklist(['error', 'warn', 'info', 'debug']),
    message: v.string(),
  }),
  v.object({ kind: v.literal('ask'), id, call: id, ask: question }),
  v.object({ kind: v.literal('result'), call: id, result }),
  v.object({ kind: v.literal('profile'), id, profile: profileShape }),
]);

/** `text` as it is when all of it is escaped already. */
function escaped(value: string): string {
  const bare = value.replaceAll('\\', '');
  return escapeGuestText(bare, MAX_TEXT) === bare ? value : escapeGuestText(value, MAX_TEXT);
}

/**
 * Checks a value that came from the process.
 * @throws {SandboxError} SANDBOX_BAD_FRAME
 */
export function checkMessage(value: unknown): FromProcess {
  const parsed = v.safeParse(fromProcess, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new SandboxError('SANDBOX_BAD_FRAME', 'the process said something that has no meaning');
}
