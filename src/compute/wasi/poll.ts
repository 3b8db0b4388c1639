/** `poll_oneoff`: waiting for a time, and for descriptors, which are always ready. */
import { type WasiContext, mustHold } from './call.ts';
import { Errno, WasiFault } from './errno.ts';
import { encodeEvent, EVENT_BYTES, type WasiEvent } from './layout.ts';
import { clockTime, exactTime } from './process-functions.ts';

const MAX_SUBSCRIPTIONS = 1024;
const SUBSCRIPTION_BYTES = { 0: 56, 1: 48 } as const;
const Tag = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const ABSOLUTE = 1;
const NS_PER_MS = 1e6;
/** Longest sleep, some months: no call lives as long, and sums with it are exact to {@link EARLY_MS}. */
const MAX_SLEEP_MS = 1e10;
/** What may be lost in sums of milliseconds. */
const EARLY_MS = 1e-5;

/** A clock that is waited for, and when it will be due by the monotonic time. */
interface Alarm {
  readonly userData: bigint;
  readonly dueMs: number;
}

/** See `poll_oneoff` of preview 1; returns when there is at least one event. */
export async function poll(
  context: WasiContext,
  subscriptions: number,
  events: number,
  count: number,
  eventCount: number,
): Promise<number> {
  const { memory, port } = context;
  const number = count >>> 0;
  if (number === 0 || number > MAX_SUBSCRIPTIONS) return Errno.inval;
  const size = SUBSCRIPTION_BYTES[context.snapshot];
  mustHold(context, subscriptions, number * size);
  mustHold(context, events, number * EVENT_BYTES);
  mustHold(context, eventCount, 4);
  const happened: WasiEvent[] = [];
  const alarms: Alarm[] = [];
  for (let index = 0; index < number; index++) {
    const at = (subscriptions >>> 0) + index * size;
    const subscription = memory.readU8(at + 8) === Tag.clock ? clockAlarm(context, at) : descriptorEvent(context, at);
    if ('dueMs' in subscription) alarms.push(subscription);
    else happened.push(subscription);
  }
  const first = Math.min(...alarms.map(({ dueMs }) => dueMs));
  if (happened.length === 0) {
    // Timers may be a little early by the clock.
    do await port.sleep(Math.max(0, first - port.monotonicMs()));
    while (first - port.monotonicMs() > EARLY_MS);
  }
  const now = port.monotonicMs() + EARLY_MS;
  for (const { userData, dueMs } of alarms) {
    if (dueMs <= now) happened.push({ userData, errno: Errno.success, type: Tag.clock });
  }
  for (const [index, event] of happened.entries())
    memory.write((events >>> 0) + index * EVENT_BYTES, encodeEvent(event));
  memory.writeU32(eventCount, happened.length);
  return Errno.success;
}

/** The clock subscription at `at`, which is inside the memory. Snapshot 0 has one more field before the clock. */
function clockAlarm(context: WasiContext, at: number): Alarm | WasiEvent {
  const { memory, port } = context;
  const body = at + (context.snapshot === 1 ? 16 : 24);
  const userData = memory.readU64(at) ?? 0n;
  const clock = memory.readU32(body) ?? 0;
  const timeout = memory.readU64(body + 8) ?? 0n;
  const flags = memory.readU16(body + 24) ?? 0;
  const present = clockTime(context, clock);
  if (present === undefined || flags > ABSOLUTE) return { userData, errno: Errno.inval, type: Tag.clock };
  const isAbsolute = flags === ABSOLUTE;
  // By the guest's clock, whose steps must not make it see a shorter time than it asked for.
  const step = BigInt(context.call().session.clockResolutionNs);
  const due = isAbsolute ? timeout : present + timeout;
  const seen = ((due + step - 1n) / step) * step - exactTime(context, clock);
  const leftMs = Number(isAbsolute || seen > timeout ? seen : timeout) / NS_PER_MS;
  return { userData, dueMs: port.monotonicMs() + Math.min(leftMs, MAX_SLEEP_MS) };
}

/** The descriptor subscription at `at`: nothing that a guest can have makes it wait. */
function descriptorEvent(context: WasiContext, at: number): WasiEvent {
  const { memory } = context;
  const call = context.call();
  const userData = memory.readU64(at) ?? 0n;
  const type = memory.readU8(at + 8) ?? 0;
  if (type !== Tag.fdRead && type !== Tag.fdWrite) throw new WasiFault(Errno.inval);
  const number = memory.readU32(at + 16) ?? 0;
  if (call.bare && number !== 1 && number !== 2) return { userData, errno: Errno.badf, type };
  try {
    const descriptor = call.descriptors.get(number);
    const isInput = descriptor.kind === 'stream' && descriptor.stream === 0;
    if (!isInput || type === Tag.fdWrite) return { userData, errno: Errno.success, type };
    return { userData, errno: Errno.success, type, bytes: call.inputLeft, hangUp: call.inputLeft === 0 };
  } catch (error) {
    if (error instanceof WasiFault) return { userData, errno: error.errno, type };
    throw error;
  }
}
