/**
 * One session of a Sat with its gateway (`constellation.md` §4–§6).
 *
 * 1. OFFER goes out, WELCOME comes back. 2. Deployments are prepared (`deployments.ts`). 3. Each CALL runs in the sandbox and
 * gets exactly one RESULT or REJECTED. 4. The end of the session ends every call that it brought.
 */
import { type Clock, errorType, fromHex, SlotMap, type Span, type Tracing } from '../../kernel/index.ts';
import {
  bindCapabilities,
  type CapabilityEvent,
  type CapabilityProviders,
  createLogBudget,
  type Grants,
  type LogBudget,
} from '../../compute/capability/index.ts';
import { type CallResult, describeFailure, type FunctionSandbox } from '../../compute/sandbox/index.ts';
import {
  BYE,
  type Call,
  decodeAnswer,
  decodeCall,
  decodeWelcome,
  DECLINED,
  encodeLog,
  encodeOffer,
  encodeRejected,
  encodeResult,
  fitsResult,
  type Frame,
  FRAME,
  frameName,
  type FrameType,
  type Outcome,
  PROTOCOL_VERSION,
  REJECTION,
  type Rejection,
  unexpected,
  type Usage,
} from '../protocol/index.ts';
import { type Link, Session, type SessionEnd } from '../session/index.ts';
import { beginCall, endCall } from './call-trace.ts';
import { Deployments, type ReadyFunction } from './deployments.ts';
import { SatError } from './errors.ts';
import type { SatEvent } from './events.ts';
import { GatewayAsker, gatewayProviders } from './gateway-asker.ts';
import type { SatLimits } from './limits.ts';
import type { ModuleShelf } from './module-shelf.ts';

/** Ours, in milliseconds: how long a Sat waits for WELCOME; the least that it accepts for pings and for silence. */
const WELCOME_TIMEOUT_MS = 10_000;
const LEAST_PING_MS = 250;
const LEAST_PATIENCE_MS = 1000;

/** What a session needs of its Sat. */
export interface SatSessionOptions {
  readonly link: Link;
  readonly clock: Clock;
  readonly defer: (flush: () => void) => void;
  readonly sandbox: Pick<FunctionSandbox, 'call'>;
  readonly shelf: ModuleShelf;
  readonly ceiling: Grants;
  /** SHA-256 of it. */
  readonly ceilingDigest: Uint8Array;
  readonly egress: CapabilityProviders['egress'];
  readonly database: CapabilityProviders['database'];
  readonly instance: Uint8Array;
  readonly software: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Digests of cached modules, hex. */
  readonly cached: readonly string[];
  readonly limits: SatLimits;
  readonly onEvent: (event: SatEvent) => void;
  readonly tracing?: Tracing | undefined;
  readonly onJoined: () => void;
}

/** From OFFER to the end. */
export class SatSession {
  /** Resolves with the reason when it is over. */
  readonly ended: Promise<SessionEnd>;
  readonly #options: SatSessionOptions;
  readonly #session: Session;
  readonly #asker: GatewayAsker;
  readonly #deployments: Deployments;
  readonly #calls = new SlotMap<AbortController>();
  readonly #cancelTimeout: () => void;
  /** Functions may fail faster than a log is to grow. */
  readonly #troubleBudget: LogBudget;
  #highestCall = 0;
  #joined = false;
  #draining = false;
  #drained: (() => void) | undefined;

  constructor(options: SatSessionOptions) {
    this.#options = options;
    const { link, clock, defer, limits } = options;
    const { promise, resolve } = Promise.withResolvers<SessionEnd>();
    this.ended = promise;
    this.#troubleBudget = createLogBudget(clock);
    this.#cancelTimeout = clock.schedule(WELCOME_TIMEOUT_MS, () => {
      const { code, message } = new SatError('SAT_WELCOME_TIMED_OUT', 'the gateway did not answer the offer');
      this.end({ code, reason: message });
    });
    this.#session = new Session({
      link,
      clock,
      defer,
      maxBodyBytes: (type, id) => this.#maxBodyBytes(type, id),
      maxOpenBytes: limits.openBytes,
      onFrame: (frame) => this.#handle(frame),
      onEnd: (end) => {
        this.#close();
        resolve(end);
      },
    });
    this.#asker = new GatewayAsker(this.#session);
    this.#deployments = new Deployments({ ...options, session: this.#session });
    this.#session.send(FRAME.offer, 0, offerOf(options));
  }

  /** Calls that run now. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** Functions that can be called. */
  get functions(): readonly ReadyFunction[] {
    return this.#deployments.ready();
  }

  /** Ends it; the gateway is told that we are done. */
  end(end: SessionEnd): void {
    this.#session.end(end, BYE.done);
  }

  /** Takes no more calls; resolves when none runs any more and the last result has left. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#session.send(FRAME.drain, 0);
    if (this.#calls.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#session.flush();
  }

  #maxBodyBytes(type: FrameType, id: number): number {
    const { limits } = this.#options;
    switch (type) {
      case FRAME.call:
        return limits.callBytes;
      case FRAME.deploy:
        return limits.deployBytes;
      case FRAME.module:
        return this.#deployments.sizeOf(id);
      case FRAME.answer:
        return this.#asker.has(id) ? limits.answerBytes : 0;
      case FRAME.welcome:
      case FRAME.bye:
        return 64;
      default:
        return 0;
    }
  }

  #handle({ type, id, body }: Frame): void {
    if (!this.#joined && type !== FRAME.welcome) throw unexpected(`a ${frameName(type)} frame came before WELCOME`);
    switch (type) {
      case FRAME.call:
        this.#call(id, body);
        break;
      case FRAME.cancel:
        this.#cancel(id);
        break;
      case FRAME.answer:
        this.#asker.answer(id, decodeAnswer(body));
        break;
      case FRAME.deploy:
        this.#deployments.deploy(id, body);
        break;
      case FRAME.withdraw:
        this.#deployments.withdraw(id);
        break;
      case FRAME.module:
        this.#deployments.receive(id, body);
        break;
      case FRAME.welcome:
        this.#welcome(body);
        break;
      default:
        throw unexpected(`a Sat takes no ${frameName(type)} frames`);
    }
  }

  #welcome(body: Uint8Array): void {
    if (this.#joined) throw unexpected('WELCOME came twice');
    const { heartbeatMs, deadAfterMs } = decodeWelcome(body);
    this.#joined = true;
    this.#cancelTimeout();
    // We ping too: while a module fills the way to us, the gateway's pings, and so our answers, come late.
    // A gateway must neither keep us busy with pings nor make us leave at the first hiccup of the network.
    this.#session.startHeartbeat({
      pingMs: Math.max(LEAST_PING_MS, heartbeatMs),
      deadAfterMs: Math.max(LEAST_PATIENCE_MS, deadAfterMs),
    });
    this.#options.onJoined();
  }

  #call(id: number, body: Uint8Array): void {
    if (this.#calls.has(id)) throw unexpected(`call ${id} runs already`);
    if (id > this.#highestCall) this.#highestCall = id;
    const call = decodeCall(body);
    const ready = this.#deployments.find(call.deployment, call.functionIndex);
    if (this.#draining) this.#refuse(id, REJECTION.draining);
    else if (ready === undefined) this.#refuse(id, REJECTION.unknownFunction);
    else if (this.#calls.size >= this.#options.limits.concurrency) this.#refuse(id, REJECTION.overloaded);
    else this.#run(id, call, ready);
  }

  #refuse(id: number, reason: Rejection): void {
    this.#session.reply(FRAME.rejected, id, encodeRejected(reason));
  }

  #run(id: number, { request, remainingMs, caller, trace }: Call, ready: ReadyFunction): void {
    const { clock, sandbox, egress, database, limits, tracing } = this.#options;
    const { application, name: functionName, grants, logBudget } = ready;
    const controller = new AbortController();
    this.#calls.set(id, controller);
    const providers: CapabilityProviders = {
      ...gatewayProviders(this.#asker.ask, id, grants),
      ...(egress !== undefined && { egress }),
      ...(database !== undefined && { database }),
      log: ({ level, message }) => this.#session.send(FRAME.log, id, encodeLog({ level, text: message })),
    };
    const onEvent = (event: CapabilityEvent): void => this.#reportCapability(functionName, request.id, event);
    const context = { application, functionName, requestId: request.id, clock, logBudget, onEvent };
    const capabilities = bindCapabilities(grants, providers, context);
    const callLimits = {
      deadlineMs: Math.max(1, Math.min(remainingMs, limits.deadlineMs)),
      ...(ready.cpuMs > 0 && { cpuMs: Math.min(ready.cpuMs, limits.cpuMs) }),
      ...(ready.outputBytes > 0 && { outputBytes: Math.min(ready.outputBytes, limits.outputBytes) }),
    };
    const { signal } = controller;
    const { declared, module } = ready;
    const options = { request, capabilities, limits: callLimits, declared, caller, label: functionName, signal };
    const span = beginCall(tracing, { name: functionName, requestId: request.id, trace });
    sandbox.call(module, options).then(
      (result) => {
        within(span, () => this.#report(functionName, request.id, result));
        if (span !== undefined) endCall(span, result);
        this.#finish(id, result);
      },
      (error: unknown) => {
        span?.end(errorType(error));
        this.#break(id, functionName, error);
      },
    );
  }

  /** What failed here, and only here: what the gateway answers with is in its own log. */
  #reportCapability(name: string, requestId: string, event: CapabilityEvent): void {
    if (event.capability !== 'database' || event.outcome !== 'failed') return;
    const droppedBefore = this.#troubleBudget.take();
    if (droppedBefore === undefined) return;
    const { name: query, cause } = event;
    this.#options.onEvent({ kind: 'query-failed', function: name, requestId, query, cause, droppedBefore });
  }

  /** What a call's end says about its function, and not about its caller or our load. */
  #report(name: string, requestId: string, result: CallResult): void {
    if (result.kind !== 'failure' || result.code === 'ABORTED' || result.code === 'OVERLOADED') return;
    const reason = describeFailure(result);
    this.#options.onEvent({ kind: 'function-failed', function: name, requestId, code: result.code, reason });
  }

  #finish(id: number, result: CallResult): void {
    if (!this.#forget(id)) return;
    if (result.kind === 'failure' && result.code === 'OVERLOADED') {
      this.#session.send(FRAME.rejected, id, encodeRejected(REJECTION.overloaded));
    } else {
      const { cpuMs, wallMs, queueMs, memoryBytes } = result.usage;
      const times = { cpuUs: microseconds(cpuMs), wallUs: microseconds(wallMs), queueUs: microseconds(queueMs) };
      const usage = { ...times, memoryBytes: Math.min(memoryBytes, MAX_U32) };
      this.#session.send(FRAME.result, id, resultOf(outcomeOf(result), usage, this.#options.limits.resultBytes));
    }
    this.#ended();
  }

  /** The sandbox itself failed: it is closing, or there is a defect. */
  #break(id: number, name: string, error: unknown): void {
    if (!this.#forget(id)) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onEvent({ kind: 'call-failed', function: name, reason });
    const usage = { cpuUs: 0, wallUs: 0, queueUs: 0, memoryBytes: 0 };
    const outcome: Outcome = { kind: 'failure', code: 'ABORTED', message: reason };
    this.#session.send(FRAME.result, id, encodeResult({ outcome, usage }));
    this.#ended();
  }

  /** Returns whether anybody still waits for the call. */
  #forget(id: number): boolean {
    return this.#calls.delete(id) && !this.#session.over;
  }

  #ended(): void {
    if (this.#calls.size === 0) this.#drained?.();
  }

  /** A call that has ended in the meantime is no offence: the two frames met on the way. */
  #cancel(id: number): void {
    if (id > this.#highestCall) throw unexpected(`there has been no call ${id}`);
    this.#calls.get(id)?.abort(new SatError('SAT_CLOSED', 'the gateway cancelled the call'));
  }

  #close(): void {
    this.#cancelTimeout();
    this.#asker.close();
    this.#deployments.close();
    for (const controller of this.#calls.values()) {
      controller.abort(new SatError('SAT_CLOSED', 'the session with the gateway has ended'));
    }
    this.#calls.clear();
    this.#drained?.();
  }
}

function within(span: Span | undefined, action: () => void): void {
  if (span === undefined) action();
  else span.within(action);
}

const MAX_U32 = 0xffff_ffff;

/** The body of RESULT. What a function made must end the function at most, not the session with all the others' calls. */
function resultOf(outcome: Outcome, usage: Usage, maxBytes: number): Uint8Array {
  const body = fitsResult(outcome) ? encodeResult({ outcome, usage }) : undefined;
  if (body !== undefined && body.length <= maxBytes) return body;
  const message = 'what it returned and changed does not fit an answer';
  return encodeResult({ outcome: { kind: 'failure', code: 'OUTPUT_TOO_LARGE', message }, usage });
}

function microseconds(ms: number): number {
  return Math.min(MAX_U32, Math.max(0, Math.round(ms * 1000)));
}

function offerOf(options: SatSessionOptions): Uint8Array {
  const { instance, software, labels, cached, limits, ceiling, ceilingDigest } = options;
  return encodeOffer({
    version: PROTOCOL_VERSION,
    instance,
    concurrency: limits.concurrency,
    software,
    labels,
    ceiling: ceilingDigest,
    cached: cached.map(fromHex),
    declined: (ceiling.database.enabled ? 0 : DECLINED.databases) + (ceiling.auth.enabled ? 0 : DECLINED.headers),
  });
}

function outcomeOf(result: CallResult): Outcome {
  switch (result.kind) {
    case 'output': {
      const { output, responseHeaders, changes } = result;
      return { kind: 'output', output, responseHeaders, changes };
    }
    case 'guest-error':
      return { kind: 'error', code: result.code, message: result.message };
    default:
      // For the gateway's log: its owner is the one who knows the module.
      return { kind: 'failure', code: result.code, message: describeFailure(result) };
  }
}
