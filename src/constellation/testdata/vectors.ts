/** What the vectors of `docs/protocol/constellation.md` §8 stand for. */
import { utf8 } from '../../kernel/index.ts';
import {
  type Answer,
  BYE,
  type Call,
  type Deploy,
  encodeAnswer,
  encodeAsk,
  encodeBye,
  encodeCall,
  encodeDeploy,
  encodeDeployed,
  encodeLog,
  encodeNeed,
  encodeOffer,
  encodeRejected,
  encodeResult,
  encodeWelcome,
  type Frame,
  FRAME,
  type LogLine,
  type Offer,
  type Question,
  REJECTION,
  type Result,
} from '../protocol/index.ts';

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const OFFER: Offer = {
  version: 1,
  instance: new Uint8Array(16).fill(0x1a),
  concurrency: 64,
  software: 'perigee 0.1.0',
  labels: new Map([['room', 'lab']]),
  ceiling: digest(0xce),
  cached: [digest(0xd1)],
  declined: 0,
};

export const DEPLOY: Deploy = {
  application: 'com.example.app',
  version: 'v1.0.0',
  functions: [
    { name: 'hello', digest: digest(0xd1), size: 1234, grants: '{}', cpuMs: 0, outputBytes: 65_536, limits: new Map() },
  ],
};

export const DEPLOY_LIMITED: Deploy = {
  ...DEPLOY,
  functions: DEPLOY.functions.map((deployed) => ({ ...deployed, limits: new Map([['memoryBytes', 1 << 20], ['cpuMs', 50]]) })),
};

export const CALL: Call = {
  deployment: 1,
  functionIndex: 0,
  remainingMs: 30_000,
  request: {
    id: 'f0a1',
    method: 'POST',
    url: '/hi?x=1',
    headers: new Map([['accept', '*/*']]),
    params: new Map([['p', 'v']]),
    state: new Map([['a', utf8('b')]]),
    responseHeaders: new Map([['x-a', '1']]),
    body: utf8('Ada'),
  },
  caller: '',
  trace: '',
};

export const CALL_OF_CALLER: Call = { ...CALL, caller: 'c1' };

export const TRACED_CALL: Call = { ...CALL_OF_CALLER, trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

const USAGE = { cpuUs: 250, wallUs: 1000, queueUs: 10, memoryBytes: 65_536 };

export const OUTPUT: Result = {
  usage: USAGE,
  outcome: {
    kind: 'output',
    output: utf8('hello'),
    responseHeaders: new Map([['content-type', 'text/plain']]),
    changes: { url: '/bye', state: new Map([['k', utf8('v')]]) },
  },
};

export const ERROR: Result = { usage: USAGE, outcome: { kind: 'error', code: 404, message: 'no such thing' } };
export const FAILURE: Result = { usage: USAGE, outcome: { kind: 'failure', code: 'TRAP', message: 'unreachable' } };
export const CACHE_GET: Question = { kind: 'cache-get', call: 7, name: 'key' };
export const CACHE_SET: Question = { kind: 'cache-set', call: 7, name: 'key', ttlSeconds: 60, value: utf8('value') };
export const VALUE: Answer = { ok: true, value: utf8('value') };
export const MISSING: Answer = { ok: false, reason: 'missing', message: 'key not found' };
export const LINE: LogLine = { level: 'info', text: 'served' };

const frame = (type: Frame['type'], id: number, body: Uint8Array): Frame => ({ type, id, body });

/** By the first column of the table. */
export const VECTORS: Readonly<Record<string, Frame>> = {
  'OFFER of a Sat with one label and one module': frame(FRAME.offer, 0, encodeOffer(OFFER)),
  'WELCOME, every 1,000 ms, dead after 2,500': frame(
    FRAME.welcome,
    0,
    encodeWelcome({ version: 1, heartbeatMs: 1000, deadAfterMs: 2500 }),
  ),
  'BYE, refused': frame(FRAME.bye, 0, encodeBye(BYE.refused)),
  'DEPLOY of one function': frame(FRAME.deploy, 1, encodeDeploy(DEPLOY)),
  'DEPLOY of one function with limits': frame(FRAME.deploy, 1, encodeDeploy(DEPLOY_LIMITED)),
  'DEPLOYED, one ready, one not': frame(FRAME.deployed, 1, encodeDeployed(['', 'SAT_MODULE_TOO_LARGE'])),
  WITHDRAW: frame(FRAME.withdraw, 1, new Uint8Array(0)),
  NEED: frame(FRAME.need, 3, encodeNeed(digest(0xd1))),
  'MODULE, of no worth': frame(FRAME.module, 3, utf8('\0asm')),
  CALL: frame(FRAME.call, 7, encodeCall(CALL)),
  'CALL of a caller': frame(FRAME.call, 7, encodeCall(CALL_OF_CALLER)),
  'CALL of a caller and a trace': frame(FRAME.call, 7, encodeCall(TRACED_CALL)),
  'RESULT, output and changes': frame(FRAME.result, 7, encodeResult(OUTPUT)),
  'RESULT, error 404': frame(FRAME.result, 7, encodeResult(ERROR)),
  'RESULT, failure': frame(FRAME.result, 7, encodeResult(FAILURE)),
  'REJECTED, draining': frame(FRAME.rejected, 7, encodeRejected(REJECTION.draining)),
  CANCEL: frame(FRAME.cancel, 7, new Uint8Array(0)),
  'ASK, cache-get': frame(FRAME.ask, 5, encodeAsk(CACHE_GET)),
  'ASK, cache-set': frame(FRAME.ask, 6, encodeAsk(CACHE_SET)),
  'ANSWER, a value': frame(FRAME.answer, 6, encodeAnswer(VALUE)),
  'ANSWER, missing': frame(FRAME.answer, 5, encodeAnswer(MISSING)),
  PING: frame(FRAME.ping, 9, new Uint8Array(0)),
  PONG: frame(FRAME.pong, 9, new Uint8Array(0)),
  DRAIN: frame(FRAME.drain, 0, new Uint8Array(0)),
};

/** LOG carries its OPTIONAL flag, which whole frames do not show. */
export const LOG_BODY: Uint8Array = encodeLog(LINE);
