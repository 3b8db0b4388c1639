/**
 * Which Sat runs a call, and what becomes of it when that Sat cannot, will not or is lost (`constellation.md` §7).
 *
 * A call goes to the least loaded Sat that is ready for its function and has room; else it waits in its function's line, where
 * clients take turns; else it fails. It waits as well while its function or its client has as many calls as the function allows. A call that cannot have been started goes to another Sat; one that may have been, only if the request is
 * idempotent. Every way out of here settles the call once.
 */
import type { RequestView } from '../../compute/abi/index.ts';
import { type FunctionResult, putChanges } from '../../compute/sequence/index.ts';
import { REJECTION, type Rejection, type Result } from '../protocol/index.ts';
import type { Call, Run } from './call.ts';
import type { DeployedFunction, Deployment } from './deployment.ts';
import { RequestError } from './errors.ts';
import type { GatewayEvent } from './events.ts';
import type { SatSeat } from './sat-seat.ts';

/** Ours: Sats that one call is handed to at most. */
const MAX_ATTEMPTS = 4;

/** What a dispatcher needs. */
export interface DispatcherOptions {
  /** Calls that may wait, over all functions. */
  readonly maxWaiting: number;
  readonly onEvent: ((event: GatewayEvent) => void) | undefined;
}

/** Finds a Sat for every call. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Functions whose line is not empty, in the order in which their turn comes. */
  readonly #lines = new Set<DeployedFunction>();
  readonly #waitingOf = new Map<string, number>();
  #waiting = 0;
  #turn = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Calls that wait for room. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Runs `target` once for `run`; changes `request` when it succeeds. Rejects with a {@link RequestError}. */
  execute(run: Run, target: DeployedFunction, request: RequestView, trace = ''): Promise<FunctionResult> {
    if (run.ended !== undefined) return Promise.reject(run.ended);
    return new Promise((resolve, reject) => {
      const call: Call = {
        run,
        function: target,
        request,
        trace,
        resolve,
        reject,
        seat: undefined,
        id: 0,
        attempts: 0,
        counted: false,
        tried: undefined,
        asking: undefined,
      };
      run.calls.add(call);
      this.#assign(call);
    });
  }

  /** Ends everything of `run` that has no result, now and in future. */
  endRun(run: Run, error: RequestError): void {
    run.ended ??= error;
    for (const call of run.calls) {
      if (call.seat === undefined) this.#leaveLine(call, 'gone');
      else call.seat.cancel(call);
      this.#fail(call, run.ended);
      this.#uncount(call);
    }
  }

  /** `seat` can run these functions of `deployment` from now on, and no others of it. */
  setReady(seat: SatSeat, deployment: Deployment, isReady: (index: number) => boolean): void {
    for (const target of deployment.functions) {
      const at = target.ready.indexOf(seat);
      const ready = isReady(target.index);
      if (ready && at < 0) target.ready.push(seat);
      if (!ready && at >= 0) this.#unready(target, seat);
    }
    this.serve(seat);
  }

  /** Lets waiting calls go to `seat` while it has room; functions take turns. */
  serve(seat: SatSeat): void {
    for (const target of this.#lines) {
      if (!seat.hasRoom) return;
      if (!target.ready.includes(seat)) continue;
      if (!hasRoom(target)) continue;
      for (const call of target.line) {
        if (call.tried?.includes(seat) === true || !target.inFlight.hasRoom(call.run.caller)) continue;
        this.#leaveLine(call, 'served');
        this.#start(call, seat);
        break;
      }
    }
  }

  /** `seat` is gone from all functions of `deployments`. */
  remove(seat: SatSeat, deployments: Iterable<Deployment>): void {
    for (const { functions } of deployments) for (const target of functions) this.#unready(target, seat);
  }

  /** A call came back: its Sat was lost. `unsent`: nothing of it can have been started. */
  lost(call: Call, seat: SatSeat, unsent: boolean, reason: string): void {
    this.#uncount(call);
    if (unsent || call.run.idempotent) {
      this.#retry(call, seat, reason);
      return;
    }
    this.#fail(call, new RequestError('SAT_LOST', `Sat ${seat.identifier} was lost with the call: ${reason}`));
  }

  /** A Sat would not take a call; nothing of it was started. */
  rejected(call: Call, reason: Rejection, seat: SatSeat): void {
    this.#uncount(call);
    if (reason === REJECTION.draining) seat.drain();
    if (reason === REJECTION.unknownFunction) this.#unready(call.function, seat);
    this.#retry(call, seat, `it was rejected (${reason})`);
  }

  /** A call has its result. */
  result(call: Call, { outcome }: Result, seat: SatSeat): void {
    this.#uncount(call);
    const { run } = call;
    switch (outcome.kind) {
      case 'output':
        putChanges(call.request, outcome.responseHeaders, outcome.changes);
        this.#settled(call, seat);
        call.resolve({ kind: 'output', output: outcome.output });
        break;
      case 'error':
        this.#settled(call, seat);
        call.resolve({ kind: 'error', code: outcome.code, message: outcome.message });
        break;
      case 'failure':
        if (outcome.code === 'ABORTED' || outcome.code === 'THREAD_LOST') {
          // The function did nothing wrong, and how far it came is not known.
          this.lost(call, seat, false, outcome.message);
          return;
        }
        run.sat = seat.identifier;
        this.#fail(call, failureOf(outcome.code, `${call.function.name}: ${outcome.message}`));
        break;
    }
  }

  #assign(call: Call): void {
    const target = call.function;
    const mayStart = hasRoom(target) && target.inFlight.hasRoom(call.run.caller);
    const seat = mayStart ? this.#choose(call) : undefined;
    if (seat !== undefined) {
      this.#start(call, seat);
      return;
    }
    if (target.ready.every((other) => call.tried?.includes(other) === true)) {
      const some = call.tried?.some((tried) => !tried.session.over) === true;
      const code = some ? 'GATEWAY_OVERLOADED' : 'GATEWAY_NO_SAT';
      this.#fail(call, new RequestError(code, `no Sat is there that would take ${target.name}`));
    } else if (this.#waiting < this.#options.maxWaiting || this.#makeRoom(call)) {
      target.line.add(call.run.caller, call);
      this.#lines.add(target);
      this.#count(call.run.caller, 1);
    } else {
      this.#fail(call, new RequestError('GATEWAY_OVERLOADED', `${this.#waiting} calls wait already`));
    }
  }

  /** Sends away a call of the client who has the most in all lines, from that of `call` if it stands there, when the client of `call` has fewer. */
  #makeRoom({ function: target, run: { caller } }: Call): boolean {
    let longest = caller;
    let most = (this.#waitingOf.get(caller) ?? 0) + 1;
    for (const [other, waiting] of this.#waitingOf) if (waiting > most) [longest, most] = [other, waiting];
    if (longest === caller) return false;
    for (const { line } of [target, ...this.#lines]) {
      const sentAway = line.giveUpLast(longest);
      if (sentAway === undefined) continue;
      this.#leftLine(sentAway);
      this.#fail(sentAway, new RequestError('GATEWAY_OVERLOADED', `${this.#waiting} calls wait already`));
      return true;
    }
    return false;
  }

  #start(call: Call, seat: SatSeat): void {
    call.function.inFlight.enter(call.run.caller);
    call.counted = true;
    if (seat.start(call)) return;
    // Only functions before it can have made so much of the request.
    const text = `the request has become too large to be handed to ${call.function.name}`;
    this.#fail(call, new RequestError('GATEWAY_REQUEST_TOO_LARGE', text));
    this.#uncount(call);
  }

  /** The call is in flight no more, for whatever reason; one that waited for that gets its turn. */
  #uncount(call: Call): void {
    if (!call.counted) return;
    call.counted = false;
    const target = call.function;
    target.inFlight.leave(call.run.caller);
    const { concurrency, callerConcurrency } = target.limits;
    if (concurrency === undefined && callerConcurrency === undefined) return;
    for (const waiting of target.line) {
      if (!hasRoom(target)) return;
      const seat = target.inFlight.hasRoom(waiting.run.caller) ? this.#choose(waiting) : undefined;
      if (seat === undefined) continue;
      this.#leaveLine(waiting, 'served');
      this.#start(waiting, seat);
      return;
    }
  }

  /** The least loaded Sat; of equals, each in turn. */
  #choose({ function: { ready }, tried }: Call): SatSeat | undefined {
    const count = ready.length;
    let best: SatSeat | undefined;
    let bestLoad = 2;
    const first = count > 1 ? this.#turn++ % count : 0;
    for (let i = 0; i < count; i++) {
      const seat = ready[(first + i) % count] as SatSeat;
      const { load } = seat;
      if (load >= bestLoad || !seat.hasRoom || tried?.includes(seat) === true) continue;
      best = seat;
      bestLoad = load;
      if (load === 0) break;
    }
    return best;
  }

  #retry(call: Call, seat: SatSeat, reason: string): void {
    (call.tried ??= []).push(seat);
    call.seat = undefined;
    const { requestId } = call.run;
    if (call.attempts >= MAX_ATTEMPTS) {
      const text = `${call.function.name} was handed to ${call.attempts} Sats in vain, the last time: ${reason}`;
      this.#fail(call, new RequestError(seat.session.over ? 'SAT_LOST' : 'GATEWAY_OVERLOADED', text));
      return;
    }
    this.#options.onEvent?.({ kind: 'call-retried', requestId, sat: seat.identifier, reason });
    this.#assign(call);
  }

  #settled(call: Call, seat: SatSeat): void {
    call.run.calls.delete(call);
    call.run.sat = seat.identifier;
  }

  #fail(call: Call, error: RequestError): void {
    call.run.calls.delete(call);
    call.reject(error);
  }

  /** Who was served has had the turn of its client, who is gone has not. */
  #leaveLine(call: Call, how: 'served' | 'gone'): void {
    const { line } = call.function;
    const { caller } = call.run;
    if (!(how === 'served' ? line.serve(caller, call) : line.remove(caller, call))) return;
    // Out, and to the end when there are more: functions take turns.
    this.#lines.delete(call.function);
    this.#leftLine(call);
    if (line.size > 0) this.#lines.add(call.function);
  }

  #leftLine(call: Call): void {
    this.#count(call.run.caller, -1);
    if (call.function.line.size === 0) this.#lines.delete(call.function);
  }

  #count(caller: string, more: 1 | -1): void {
    this.#waiting += more;
    const waiting = (this.#waitingOf.get(caller) ?? 0) + more;
    if (waiting > 0) this.#waitingOf.set(caller, waiting);
    else this.#waitingOf.delete(caller);
  }

  #unready(target: DeployedFunction, seat: SatSeat): void {
    const at = target.ready.indexOf(seat);
    if (at < 0) return;
    target.ready.splice(at, 1);
    for (const call of target.line) {
      if (target.ready.some((other) => call.tried?.includes(other) !== true)) continue;
      this.#leaveLine(call, 'gone');
      this.#fail(call, new RequestError('GATEWAY_NO_SAT', `the last Sat that could run ${target.name} has left`));
    }
  }
}

/** Whether `target` may have one more call in flight. */
function hasRoom({ limits, inFlight }: DeployedFunction): boolean {
  return inFlight.calls < (limits.concurrency ?? Number.POSITIVE_INFINITY);
}

const FAILURES: Readonly<Record<string, RequestError['code']>> = {
  DEADLINE: 'FUNCTION_DEADLINE',
  CPU_TIME: 'FUNCTION_CPU_TIME',
  HOST_CALL_FLOOD: 'FUNCTION_HOST_CALL_FLOOD',
  MEMORY_LIMIT: 'FUNCTION_MEMORY_LIMIT',
  OUTPUT_TOO_LARGE: 'FUNCTION_OUTPUT_TOO_LARGE',
  STACK: 'FUNCTION_STACK',
  TRAP: 'FUNCTION_TRAP',
};

/** A sandbox of another version may have codes that are not known here. */
function failureOf(code: string, message: string): RequestError {
  return new RequestError((Object.hasOwn(FAILURES, code) && FAILURES[code]) || 'FUNCTION_FAILED', message);
}
