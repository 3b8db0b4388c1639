/**
 * Entry of a sandbox process: a sandbox whose calls come through the standard input and whose capabilities are asked for
 * through the standard output. It holds no permission that matters; the guests in it hold none at all.
 */
import { writeSync } from 'node:fs';
import { configureSync } from '@logtape/logtape';
import { type Clock, CodedError, SlotMap } from '../../../kernel/index.ts';
import type { Ask } from '../../abi/index.ts';
import type { CallCapabilities, CapabilityAnswer } from '../../capability/index.ts';
import { ProfileError } from '../../profile/index.ts';
import type { LoadOptions, SandboxModule } from '../compile/index.ts';
import { Sandbox } from '../sandbox.ts';
import { heldPermissions } from './child.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import type { FromProcess, ToProcess } from './messages.ts';
import { MAX_PROFILE_FRAME } from './profile-shape.ts';

const STDERR = 2;
/** From the owner, which is believed: no bound but the engine's. */
const MAX_FRAME = 0x7fff_ffff;

/** This is a program of its own, so its clock is the real one. */
const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

const modules = new Map<number, SandboxModule>();
const calls = new SlotMap<AbortController>();
const profiles = new Map<number, AbortController>();
const answers = new SlotMap<(answer: CapabilityAnswer) => void>();
let sandbox: Sandbox | undefined;
let nextAsk = 1;

configureSync({
  sinks: { stderr: ({ message }) => void writeSync(STDERR, `${message.map(String).join('')}\n`) },
  loggers: [
    { category: ['perigee'], lowestLevel: 'warning', sinks: ['stderr'] },
    { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stderr'] },
  ],
});

function say(message: FromProcess): void {
  process.stdout.write(encodeFrame(message));
}

/** Frames are taken one after the other. A call cannot overtake its module: the owner makes none before it was told of it. */
let turn = Promise.resolve();
const reader = new FrameReader(MAX_FRAME);
process.stdin.on('data', (piece: Buffer) => {
  for (const value of reader.push(piece)) turn = turn.then(() => take(value as ToProcess));
});
// The owner is gone, or wants the end: nothing in here is worth keeping.
process.stdin.on('end', () => process.exit(0));

async function take(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'open':
      sandbox = await Sandbox.create({ clock, limits: message.limits, callLimits: message.callLimits });
      say({ kind: 'open' });
      break;
    case 'load':
      // Not waited for: the guests that run go on meanwhile.
      void load(message.id, message.bytes, message.options);
      break;
    case 'unload': {
      const module = modules.get(message.id);
      modules.delete(message.id);
      if (module !== undefined) sandbox?.unload(module);
      break;
    }
    case 'call':
      call(message);
      break;
    case 'abort':
      calls.get(message.id)?.abort();
      break;
    case 'profile':
      void profile(message);
      break;
    case 'end profile':
      profiles.get(message.id)?.abort(new ProfileError('PROFILE_FAILED', 'it was given up'));
      break;
    case 'answer': {
      const resolve = answers.get(message.id);
      answers.delete(message.id);
      resolve?.(message.answer);
    }
  }
}

async function load(id: number, bytes: Uint8Array, options: LoadOptions): Promise<void> {
  try {
    const module = await required(sandbox).loadAside(bytes, options);
    modules.set(id, module);
    say({ kind: 'loaded', id });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    say({ kind: 'refused', id, code: error.code, message: error.message });
  }
}

/** A profile that is too large for its owner is none. */
async function profile({ id, module, durationMs }: Extract<ToProcess, { readonly kind: 'profile' }>): Promise<void> {
  const controller = new AbortController();
  profiles.set(id, controller);
  try {
    const taken = await required(sandbox).profile(required(modules.get(module)), durationMs, controller.signal);
    const frame = encodeFrame({ kind: 'profile', id, profile: taken } satisfies FromProcess);
    if (frame.length > MAX_PROFILE_FRAME) throw new ProfileError('PROFILE_FAILED', 'the profile is too large');
    process.stdout.write(frame);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    say({ kind: 'refused', id, code: error.code, message: error.message });
  } finally {
    profiles.delete(id);
  }
}

function call({ id, module: moduleId, call: remote }: Extract<ToProcess, { readonly kind: 'call' }>): void {
  const module = required(modules.get(moduleId));
  const { requestFields, ...options } = remote;
  const controller = new AbortController();
  calls.set(id, controller);
  const ended = required(sandbox).call(module, {
    ...options,
    capabilities: capabilitiesOf(id, requestFields),
    signal: controller.signal,
  });
  void ended.then((result) => {
    calls.delete(id);
    say({ kind: 'result', call: id, result });
  });
}

/** Every capability is a question to the owner. */
function capabilitiesOf(call: number, requestFields: CallCapabilities['requestFields']): CallCapabilities {
  const ask = (question: Ask, signal: AbortSignal): Promise<CapabilityAnswer> => {
    const id = nextAsk++;
    say({ kind: 'ask', id, call, ask: question });
    return new Promise((resolve) => {
      answers.set(id, resolve);
      // The call has ended: the owner does not answer any more.
      signal.addEventListener('abort', () => answers.delete(id), { once: true });
    });
  };
  return {
    requestFields,
    log: (level, message) => say({ kind: 'log', call, level, message }),
    fetch: (request, signal) => ask({ capability: 'fetch', request }, signal),
    graphql: (endpoint, query, signal) => ask({ capability: 'graphql', endpoint, query }, signal),
    cacheGet: (key, signal) => ask({ capability: 'cacheGet', key }, signal),
    cacheSet: (key, value, ttlSeconds, signal) => ask({ capability: 'cacheSet', key, value, ttlSeconds }, signal),
    staticFile: (name, signal) => ask({ capability: 'staticFile', name }, signal),
    database: (type, name, variables, signal) => ask({ capability: 'database', type, name, variables }, signal),
    secret: (name, signal) => ask({ capability: 'secret', name }, signal),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the owner said things in the wrong order');
  return value;
}

say({ kind: 'started', permissions: heldPermissions() });
