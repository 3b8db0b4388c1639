import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromUtf8, utf8 } from '../../../kernel/index.ts';
import { HostCall, type Report, RequestFields } from '../../abi/index.ts';
import { type FromThread, type PackedOutcome, readEnds, unpack } from '../wire/index.ts';
import { CallEnding, type Remains } from './call-ending.ts';
import { makeKillToken } from './kill.ts';
import { Outbox } from './outbox.ts';

const BYTES = 1024;
const killToken = makeKillToken();

/** A call that has reported `report`; `touched` when the guest has looked at its request. */
function callOf(report?: Report, touched = false): HostCall {
  const grants = { get: true, set: true, responseHeaders: true };
  const request = (): RequestFields => new RequestFields({ ...REQUEST, headers: new Map() }, BYTES);
  const call = new HostCall(1, { outputBytes: BYTES, argumentBytes: BYTES }, grants, request);
  call.report = report;
  if (touched) call.request?.setResponseHeader('x-a', '1');
  return call;
}

const REQUEST = {
  method: 'GET',
  url: '/',
  id: '0',
  body: new Uint8Array(),
  params: new Map<string, string>(),
  state: new Map<string, Uint8Array>(),
  responseHeaders: new Map<string, string>(),
};

/** An ending, and how its thread tells of it: the outcome as it is posted, and the text of its output. */
function endingOf() {
  const posted: FromThread[] = [];
  const outbox = new Outbox(
    (message) => posted.push(message),
    () => true,
  );
  const ending = new CallEnding({ outbox, killToken });
  const told = (remains: Partial<Remains>): { outcome: PackedOutcome; text: string | undefined } => {
    const outcome = ending.outcome({
      error: undefined,
      call: callOf(),
      standardOutput: undefined,
      isMemoryFull: false,
      ...remains,
    });
    const times = { cpuMs: 0, memoryBytes: 0, hostCalls: 0, startMs: 0, setupMs: 0 };
    outbox.end({ call: 1, outcome, ...times, denials: undefined });
    outbox.flush();
    const message = posted.at(-1);
    assert.ok(message);
    const [end] = readEnds(message.ends, message.bytes);
    assert.ok(end);
    const output = end.outcome[0] === 'output' ? end.outcome[1] : undefined;
    return { outcome: end.outcome, text: output && fromUtf8(unpack(message.bytes, ...output)) };
  };
  return { ending, told };
}

/** What `end` throws, which must be the kill token. */
function killed(end: () => never): unknown {
  try {
    return end();
  } catch (error) {
    assert.equal(error, killToken);
    return error;
  }
}

suite('a call that ended by itself', () => {
  test('tells what it reported; a command, what it wrote; another, nothing', () => {
    const report: Report = { kind: 'output', output: utf8('reported') };
    const standardOutput = utf8('written');
    assert.equal(endingOf().told({ call: callOf(report), standardOutput }).text, 'reported');
    assert.equal(endingOf().told({ standardOutput }).text, 'written');
    assert.deepEqual(endingOf().told({}), { outcome: ['output', undefined, undefined, undefined], text: undefined });
    const nothing: Report = { kind: 'output', output: undefined };
    assert.equal(endingOf().told({ call: callOf(nothing), standardOutput }).text, undefined);
  });

  test('tells the headers that it set, and no changes when there are none', () => {
    const { outcome } = endingOf().told({ call: callOf(undefined, true) });
    assert.deepEqual(outcome, ['output', undefined, ['x-a', '1'], undefined]);
  });

  test('tells what it changed of its request', () => {
    const call = callOf({ kind: 'output', output: utf8('o') });
    call.request?.set(0, 'url', utf8('/new'));
    const { outcome, text } = endingOf().told({ call });
    assert.equal(text, 'o');
    assert.ok(outcome[0] === 'output' && outcome[3]?.[1] === '/new', JSON.stringify(outcome));
  });

  test('tells the error that it reported, although it trapped afterwards', () => {
    const call = callOf({ kind: 'error', code: 404, message: 'none' });
    for (const error of [undefined, new Error('unreachable')]) {
      assert.deepEqual(endingOf().told({ call, error }).outcome, ['guest-error', 404, 'none']);
    }
  });
});

suite('a call that trapped', () => {
  test('is told by the message of the trap, cut, whatever was thrown', () => {
    assert.deepEqual(endingOf().told({ error: new Error('unreachable') }).outcome, [
      'failure',
      'TRAP',
      'unreachable',
      [],
    ]);
    assert.deepEqual(endingOf().told({ error: 7 }).outcome, ['failure', 'TRAP', 'the guest threw', []]);
    const { outcome } = endingOf().told({ error: new Error('m'.repeat(1000)) });
    assert.equal(outcome[2], 'm'.repeat(512));
  });

  test('had recursed too deep, or had its memory full', () => {
    const deep = new RangeError('Maximum call stack size exceeded');
    assert.equal(endingOf().told({ error: deep, isMemoryFull: true }).outcome[1], 'STACK');
    assert.equal(endingOf().told({ error: new Error('unreachable'), isMemoryFull: true }).outcome[1], 'MEMORY_LIMIT');
  });

  test('tells nothing of what it reported for a result', () => {
    const call = callOf({ kind: 'output', output: utf8('half of it') });
    assert.equal(endingOf().told({ call, error: new Error('unreachable') }).outcome[0], 'failure');
  });
});

suite('a call that is ended', () => {
  test('fails with the reason that came first, whatever its guest did since', () => {
    const { ending, told } = endingOf();
    assert.equal(ending.isStopped, false);
    ending.stop('DEADLINE', 'too late');
    assert.equal(ending.isStopped, true);
    ending.stop('ABORTED', 'given up');
    killed(() => ending.kill('CPU_TIME', 'too long'));
    const call = callOf({ kind: 'error', code: 1, message: 'reported' });
    assert.deepEqual(told({ call, error: killToken }).outcome, ['failure', 'DEADLINE', 'too late', []]);
    assert.deepEqual(told({ call: undefined }).outcome, ['failure', 'DEADLINE', 'too late', []]);
  });

  test('from inside one of its host functions is unwound by what it cannot catch', () => {
    const { ending, told } = endingOf();
    const error = killed(() => ending.kill('CPU_TIME', 'too long'));
    assert.equal(ending.unwound(error), 'host');
    assert.equal(ending.isStopped, true);
    assert.deepEqual(told({ error }).outcome.slice(0, 3), ['failure', 'CPU_TIME', 'too long']);
  });
});

suite('the exit of a guest', () => {
  test('with 0 is no error, and leaves nothing for what it is called for next', () => {
    const { ending, told } = endingOf();
    const error = killed(() => ending.exit(0));
    assert.equal(ending.unwound(error), 'clean-exit');
    assert.equal(ending.unwound(error), 'host', 'the next one is another');
    assert.equal(ending.isStopped, false);
    assert.equal(told({ standardOutput: utf8('done') }).text, 'done');
  });

  test('with another code is a trap of its own', () => {
    const { ending, told } = endingOf();
    const error = killed(() => ending.exit(3));
    assert.equal(ending.unwound(error), 'guest');
    assert.deepEqual(told({ error, isMemoryFull: true }).outcome, [
      'failure',
      'TRAP',
      'the guest exited with code 3',
      [],
    ]);
  });

  test('is not what another error is taken for', () => {
    const { ending } = endingOf();
    killed(() => ending.exit(0));
    assert.equal(ending.unwound(new Error('unreachable')), 'guest');
  });
});
