/**
 * A Sat as the gateway sees it: one session, from the acceptance of its offer to its end (`constellation.md` §4–§6).
 *
 * Each CALL stays in `#calls` until its RESULT or REJECTED comes, even when nobody waits for it any more: so a frame about a
 * call that is not there is an offence, and a Sat that goes on with cancelled calls takes up its own places only.
 */
import { type Clock, SlotMap, toHex } from '../../kernel/index.ts';
import { createLogBudget, type LogBudget } from '../../compute/capability/index.ts';
import {
  type Answer,
  BYE,
  decodeAsk,
  decodeDeployed,
  decodeLog,
  decodeNeed,
  decodeRejected,
  decodeResult,
  encodeAnswer,
  encodeCall,
  fitsCall,
  type Frame,
  FRAME,
  frameName,
  type FrameType,
  type Offer,
  type Question,
  type Rejection,
  type Result,
  unexpected,
} from '../protocol/index.ts';
import type { Session } from '../session/index.ts';
import type { Call } from './call.ts';
import type { DeployedFunction, Deployment } from './deployment.ts';
import type { GatewayEvent } from './events.ts';
import type { GatewayLimits } from './limits.ts';
import { answerQuestion, endQuestions, TOO_LATE } from './questions.ts';

/** Whom a seat tells. */
export interface SeatOwner {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly onEvent: ((event: GatewayEvent) => void) | undefined;
  /** The bytes of a module of a deployment that is served. */
  readonly moduleBytes: (digest: string) => Uint8Array | undefined;
  /** The Sat has said which functions of `deployment` it can run: {@link SatSeat.codesOf}. */
  readonly onDeployed: (seat: SatSeat, deployment: Deployment) => void;
  readonly onResult: (call: Call, result: Result, seat: SatSeat) => void;
  readonly onRejected: (call: Call, reason: Rejection, seat: SatSeat) => void;
  /** It wants no more calls. */
  readonly onDraining: (seat: SatSeat) => void;
  /** There is room for a call. */
  readonly onRoom: (seat: SatSeat) => void;
}

/** One joined Sat. */
export class SatSeat {
  readonly identifier: string;
  /** Hex of the instance that offered itself. */
  readonly instance: string;
  readonly offer: Offer;
  readonly session: Session;
  readonly joinedAtMs: number;
  /** What its credential attests, as of the last check. */
  attributes: ReadonlyMap<string, string>;
  readonly #owner: SeatOwner;
  readonly #capacity: number;
  /** By number; undefined: nobody waits for the result any more. */
  readonly #calls = new SlotMap<Call | undefined>();
  readonly #deployments = new Map<number, Deployment>();
  readonly #codes = new Map<number, readonly string[]>();
  readonly #questions = new Set<number>();
  readonly #logBudgets = new WeakMap<DeployedFunction, LogBudget>();
  #draining = false;
  #nextCall = 1;
  #highestDeployment = 0;
  #finished = 0;
  #failed = 0;

  constructor(
    owner: SeatOwner,
    session: Session,
    identifier: string,
    offer: Offer,
    attributes: ReadonlyMap<string, string>,
  ) {
    this.#owner = owner;
    this.session = session;
    this.identifier = identifier;
    this.instance = toHex(offer.instance);
    this.offer = offer;
    this.attributes = attributes;
    this.joinedAtMs = owner.clock.nowMs();
    this.#capacity = Math.max(1, Math.min(offer.concurrency, owner.limits.callsOfSat));
  }

  /** Calls that it has and has not ended. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** How many of its places are taken, 0 … 1. */
  get load(): number {
    return this.#calls.size / this.#capacity;
  }

  /** Whether it can take a call now. */
  get hasRoom(): boolean {
    return (
      this.#calls.size < this.#capacity &&
      !this.#draining &&
      this.session.pendingBytes < this.#owner.limits.pendingBytes &&
      !this.session.over
    );
  }

  /** Whether it wants no more calls. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Results that came, and those of them that were failures. */
  get counts(): { readonly finished: number; readonly failed: number } {
    return { finished: this.#finished, failed: this.#failed };
  }

  /** Offers the functions of `deployment`. */
  deploy(deployment: Deployment): void {
    this.#deployments.set(deployment.id, deployment);
    this.#highestDeployment = Math.max(this.#highestDeployment, deployment.id);
    this.session.send(FRAME.deploy, deployment.id, deployment.offerFor(this.offer.declined));
  }

  /** Takes back {@link SatSeat.deploy}. */
  withdraw(deployment: Deployment): void {
    if (!this.#deployments.delete(deployment.id)) return;
    this.#codes.delete(deployment.id);
    this.session.send(FRAME.withdraw, deployment.id);
  }

  /** Hands `call` over; false, and nothing has happened, when it is more than a Sat accepts. */
  start(call: Call): boolean {
    const remainingMs = Math.max(1, Math.ceil(call.run.deadlineMs - this.#owner.clock.monotonicMs()));
    const { function: target, request, trace } = call;
    const { deployment, index: functionIndex } = target;
    if (!fitsCall(request)) return false;
    const { caller } = call.run;
    const body = encodeCall({ deployment: deployment.id, functionIndex, remainingMs, request, caller, trace });
    if (body.length > this.#owner.limits.callBytes) return false;
    const id = this.#nextCall;
    do this.#nextCall = (this.#nextCall + 1) >>> 0;
    while (this.#nextCall === 0 || this.#calls.has(this.#nextCall));
    call.seat = this;
    call.id = id;
    call.attempts++;
    this.#calls.set(id, call);
    this.session.send(FRAME.call, id, body);
    return true;
  }

  /** Nobody waits for `call` any more. */
  cancel(call: Call): void {
    endQuestions(call);
    if (this.session.drop(FRAME.call, call.id)) {
      this.#calls.delete(call.id);
      this.#owner.onRoom(this);
      return;
    }
    this.#calls.set(call.id, undefined);
    this.session.send(FRAME.cancel, call.id);
  }

  /** It gets no more calls; those that it has may end. */
  drain(): void {
    this.#draining = true;
    this.#owner.onDraining(this);
  }

  /** What DEPLOYED said about each function of `deployment`: empty or an error code; undefined when it has not come. */
  codesOf(deployment: Deployment): readonly string[] | undefined {
    return this.#codes.get(deployment.id);
  }

  /** The longest body that is accepted of the Sat. */
  maxBodyBytes(type: FrameType, id: number): number {
    const { limits } = this.#owner;
    switch (type) {
      case FRAME.result:
        return this.#calls.has(id) ? limits.resultBytes : 0;
      case FRAME.ask:
        return MAX_ASK_BYTES;
      case FRAME.log:
      case FRAME.deployed:
        return MAX_SMALL_BYTES;
      case FRAME.need:
      case FRAME.rejected:
      case FRAME.bye:
        return 64;
      default:
        return 0;
    }
  }

  /** Takes one frame of the Sat. @throws {ProtocolError | BareError} when it must not come, or not so. */
  handle({ type, id, body }: Frame): void {
    switch (type) {
      case FRAME.result:
        this.#result(id, body);
        break;
      case FRAME.rejected: {
        const call = this.#take(id, type);
        if (call !== undefined) this.#owner.onRejected(call, decodeRejected(body), this);
        this.#owner.onRoom(this);
        break;
      }
      case FRAME.ask:
        this.#ask(id, decodeAsk(body));
        break;
      case FRAME.log:
        this.#log(id, body);
        break;
      case FRAME.deployed:
        this.#deployed(id, decodeDeployed(body));
        break;
      case FRAME.need:
        this.#need(id, decodeNeed(body));
        break;
      case FRAME.drain:
        this.drain();
        break;
      default:
        throw unexpected(`a gateway takes no ${frameName(type)} frames`);
    }
  }

  /** The session is over: the calls that were here, and whether each was certainly not started. */
  release(unsent: ReadonlySet<number>): readonly { readonly call: Call; readonly unsent: boolean }[] {
    const released: { call: Call; unsent: boolean }[] = [];
    for (const [id, call] of this.#calls) {
      if (call === undefined) continue;
      endQuestions(call);
      released.push({ call, unsent: unsent.has(id) });
    }
    this.#calls.clear();
    this.#deployments.clear();
    return released;
  }

  #result(id: number, body: Uint8Array): void {
    const result = decodeResult(body);
    const call = this.#take(id, FRAME.result);
    this.#finished++;
    if (result.outcome.kind === 'failure') this.#failed++;
    if (call !== undefined) this.#owner.onResult(call, result, this);
    this.#owner.onRoom(this);
  }

  /** Ends call `id` here; undefined when nobody waits for it. */
  #take(id: number, type: FrameType): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined && !this.#calls.has(id)) throw unexpected(`a ${frameName(type)} frame for no call (${id})`);
    this.#calls.delete(id);
    if (call !== undefined) endQuestions(call);
    return call;
  }

  #ask(id: number, question: Question): void {
    const call = this.#calls.get(question.call);
    if (call === undefined && !this.#calls.has(question.call)) {
      throw unexpected(`question ${id} is of no call (${question.call})`);
    }
    if (this.#questions.has(id)) throw unexpected(`question ${id} is being answered already`);
    if (call === undefined) {
      this.#answer(id, TOO_LATE);
      return;
    }
    const answered = answerQuestion(call, question);
    this.#questions.add(id);
    void answered.then((answer) => {
      this.#questions.delete(id);
      this.#answer(id, answer);
    });
  }

  #answer(id: number, answer: Answer): void {
    this.session.send(FRAME.answer, id, encodeAnswer(answer));
    this.#boundPending();
  }

  #log(id: number, body: Uint8Array): void {
    const call = this.#calls.get(id);
    if (call === undefined && !this.#calls.has(id)) throw unexpected(`a LOG frame for no call (${id})`);
    const { level, text } = decodeLog(body);
    const { onEvent } = this.#owner;
    if (call === undefined || onEvent === undefined) return;
    const dropped = this.#logBudgetOf(call.function).take();
    if (dropped === undefined) return;
    const from = { kind: 'function-log', function: call.function.name, sat: this.identifier } as const;
    if (dropped > 0) onEvent({ ...from, level: 'warn', text: `${dropped} lines were dropped: the Sat sends too many` });
    onEvent({ ...from, level, text: text.slice(0, MAX_LOG_LENGTH) });
  }

  #logBudgetOf(target: DeployedFunction): LogBudget {
    const budget = this.#logBudgets.get(target) ?? createLogBudget(this.#owner.clock, LOG_LIMITS);
    this.#logBudgets.set(target, budget);
    return budget;
  }

  #deployed(id: number, codes: readonly string[]): void {
    const deployment = this.#deployments.get(id);
    if (deployment === undefined) {
      // A withdrawal met it on the way.
      if (id <= this.#highestDeployment) return;
      throw unexpected(`there has been no deployment ${id}`);
    }
    if (codes.length !== deployment.functions.length) throw unexpected(`deployment ${id} has other functions`);
    if (!codes.every((code) => CODE.test(code))) throw unexpected(`what is wrong in deployment ${id} is no code`);
    this.#codes.set(id, codes);
    this.#owner.onDeployed(this, deployment);
  }

  #need(id: number, digest: Uint8Array): void {
    this.session.send(FRAME.module, id, this.#owner.moduleBytes(toHex(digest)));
    this.#boundPending();
  }

  /** A Sat that asks and does not read is not served for ever. */
  #boundPending(): void {
    const { pendingBytes } = this.session;
    if (pendingBytes <= this.#owner.limits.pendingBytes * 8) return;
    const reason = `${pendingBytes} bytes wait for the Sat to read`;
    this.session.end({ code: 'CONSTELLATION_TOO_MANY_FRAMES', reason }, BYE.protocol);
  }
}

/** Ours: what is logged of one function at one Sat. Honest Sats ration it themselves, to a fourth of this; lines may come late, in heaps. */
const LOG_LIMITS = { burst: 400, perSecond: 80 };
/** The longest line of an honest Sat, all of it escapes. */
const MAX_LOG_LENGTH = 32 * 1024;

/** Codes of errors, which are shown to whoever deploys; empty: nothing is wrong. */
const CODE = /^[A-Z0-9_]{0,64}$/;

/** A value of a cache, with its key. */
const MAX_ASK_BYTES = 17 * 1024 * 1024;
const MAX_SMALL_BYTES = 256 * 1024;
