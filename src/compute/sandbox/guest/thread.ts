/**
 * Entry of a guest thread: receives calls, runs them in slices, sends results.
 *
 * Guests reach the functions of `abi/` and nothing else; this thread has no environment but the place of compiled code, no arguments and no standard input,
 * and imports neither files nor network nor processes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SlotMap } from '../../../kernel/index.ts';
import { SliceMeter } from '../wire/index.ts';
import { Coroutines } from './coroutines.ts';
import { SlotPool } from './guest-slot.ts';
import { GuestTask, type ThreadContext } from './guest-task.ts';
import { makeKillToken } from './kill.ts';
import { Outbox } from './outbox.ts';
import { Scheduler } from './scheduler.ts';
import { collectFrames } from './guest-frames.ts';
import { ThreadRoom } from './thread-room.ts';
import { type ModuleMessage, readCalls, type ThreadData, type ToThread, unpackAnswer } from '../wire/index.ts';

/** A turn of guests between two looks at messages and timers. */
const TURN_MS = 2;
/** How often the deadlines of waiting calls are looked at. */
const SWEEP_MS = 20;
/** How long there must have been no call before what past ones have left is given back. */
const REST_MS = 10_000;
/** Ours: what the instances of running guests may take of the heap, 512 MiB with tables and all else, bytes. */
const INSTANCES_BYTES = 96 << 20;
const MAX_RANDOM_CHUNK = 65_536;
const MAX_IDENT = 0x7fffffff;

const { index, control, flag, memoryBytes, tableEntries, idleSlots } = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('this file is the entry of a guest thread');

collectFrames();
const now = (): number => performance.now();
const tasks = new SlotMap<GuestTask>();
const modules = new Map<number, ModuleMessage>();
let sweeping = false;
let resting = setTimeout(rest, REST_MS);

const outbox = new Outbox(
  (message, transfer) => port.postMessage(message, transfer),
  () => scheduler.awake,
);
const slots = new SlotPool(flag, idleSlots);
const meter = new SliceMeter(control, index, new Int32Array(flag.buffer), now);
const coroutines = new Coroutines();
const scheduler: Scheduler = new Scheduler(meter, TURN_MS, now, () => {
  outbox.flush();
  coroutines.forget();
});
const context: ThreadContext = {
  scheduler,
  outbox,
  slots,
  coroutines,
  killToken: makeKillToken(),
  now,
  random: fillRandom,
  ident: makeIdents(),
  room: new ThreadRoom({ memoryBytes, tableEntries, instanceBytes: INSTANCES_BYTES }),
  ended: (task) => tasks.delete(task.id),
};

port.on('message', (message: ToThread) => {
  for (const module of message.load) {
    modules.set(module.id, module);
    slots.open(module.id);
    // A thread that has calls is not to be held up: the first call will do it.
    setImmediate(() => {
      if (tasks.size === 0 && modules.has(module.id)) slots.warm(module);
    });
  }
  for (const packed of message.answers) tasks.get(packed[0])?.answer(unpackAnswer(packed, message.bytes));
  const time = now();
  for (const start of readCalls(message.calls, message.bytes)) {
    const module = modules.get(start.module);
    if (module === undefined) throw new Error(`call of the unknown module ${start.module}`);
    const task = new GuestTask(context, module, start, time);
    tasks.set(task.id, task);
    scheduler.add(task);
  }
  // After the calls: the caller may have given up in the same turn.
  for (const call of message.aborts) tasks.get(call)?.stop('ABORTED', 'the caller gave up');
  for (const id of message.unload) {
    modules.delete(id);
    slots.close(id);
    scheduler.forget(id);
  }
  if (!sweeping && tasks.size > 0) {
    clearTimeout(resting);
    sweeping = true;
    setTimeout(sweep, SWEEP_MS);
  }
});

/** Ends calls whose deadline passed while they waited. One pass over thousands takes less than a timer for each. */
function sweep(): void {
  const time = now();
  for (const task of tasks.values()) task.checkDeadline(time);
  sweeping = tasks.size > 0;
  if (sweeping) setTimeout(sweep, SWEEP_MS);
  else resting = setTimeout(rest, REST_MS);
}

/** The engine would keep memory and heap as they are for ever; a process that stays lets us collect (`hardening.md` §5.3). */
function rest(): void {
  slots.rest();
  if (typeof gc === 'function') gc({ type: 'major', flavor: 'last-resort' });
}

function fillRandom(target: Uint8Array): void {
  const bytes = new Uint8Array(Math.min(target.length, MAX_RANDOM_CHUNK));
  for (let offset = 0; offset < target.length; offset += MAX_RANDOM_CHUNK) {
    crypto.getRandomValues(bytes);
    target.set(bytes.subarray(0, target.length - offset), offset);
  }
}

function makeIdents(): () => number {
  const drawn = new Uint32Array(256);
  let next = drawn.length;
  return () => {
    if (next === drawn.length) {
      crypto.getRandomValues(drawn);
      next = 0;
    }
    return (drawn[next++] as number) % MAX_IDENT;
  };
}

port.postMessage('ready');
