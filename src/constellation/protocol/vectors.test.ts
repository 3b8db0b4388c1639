import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { assertSturdy, byteFlips, codeOf, truncations } from '../../../test/support/hostile.ts';
import { fromHex, toHex } from '../../kernel/index.ts';
import * as vectors from '../testdata/vectors.ts';
import {
  BYE,
  decodeAnswer,
  decodeAsk,
  decodeBye,
  decodeCall,
  decodeDeploy,
  decodeDeployed,
  decodeLog,
  decodeNeed,
  decodeOffer,
  decodeRejected,
  decodeResult,
  decodeWelcome,
  encodeFrame,
  type Frame,
  FRAME,
  FrameReceiver,
  frameName,
  REJECTION,
} from './index.ts';

const document = readFileSync(new URL('../../../docs/protocol/constellation.md', import.meta.url), 'utf8');
const table = new Map(
  [...document.matchAll(/^\| ([^|]+) \| `([0-9a-f]{20,})` \|$/gm)].map(([, name, hex]) => [name ?? '', hex ?? '']),
);

/** The only frame of `message`. */
function frameOf(message: Uint8Array): Frame {
  const frames: Frame[] = [];
  const receiver = new FrameReceiver({
    maxBodyBytes: () => 1 << 20,
    maxOpenBytes: 1 << 20,
    onFrame: (frame) => frames.push(frame),
  });
  receiver.push(message);
  assert.equal(frames.length, 1);
  return frames[0]!;
}

const bodyOf = (name: string): Uint8Array => frameOf(fromHex(table.get(name) ?? assert.fail(`no vector ${name}`))).body;

test('the document has every frame that is known here, and nothing else', () => {
  assert.deepEqual([...table.keys()].sort(), Object.keys(vectors.VECTORS).sort());
  const types = new Set(Object.values(vectors.VECTORS).map(({ type }) => type));
  for (const type of Object.values(FRAME)) if (type !== FRAME.log) assert.ok(types.has(type), frameName(type));
  const listed = [...document.matchAll(/^\| (\d+) \| ([A-Z]+) \| (?:Sat|gateway|both)/gm)];
  assert.deepEqual(
    listed.map(([, number, name]) => [name?.toLowerCase(), Number(number)]),
    Object.entries(FRAME),
  );
});

test('every vector is written and read', () => {
  for (const [name, frame] of Object.entries(vectors.VECTORS)) {
    assert.equal(toHex(encodeFrame(frame.type, frame.id, frame.body)), table.get(name), name);
    const read = frameOf(fromHex(table.get(name) ?? ''));
    assert.deepEqual([read.type, read.id, toHex(read.body)], [frame.type, frame.id, toHex(frame.body)], name);
  }
});

test('bodies mean what they stand for', () => {
  assert.deepEqual(decodeOffer(bodyOf('OFFER of a Sat with one label and one module')), vectors.OFFER);
  assert.deepEqual(decodeWelcome(bodyOf('WELCOME, every 1,000 ms, dead after 2,500')), {
    version: 1,
    heartbeatMs: 1000,
    deadAfterMs: 2500,
  });
  assert.equal(decodeBye(bodyOf('BYE, refused')), BYE.refused);
  assert.deepEqual(decodeDeploy(bodyOf('DEPLOY of one function')), vectors.DEPLOY);
  assert.deepEqual(decodeDeploy(bodyOf('DEPLOY of one function with limits')), vectors.DEPLOY_LIMITED);
  assert.deepEqual(decodeDeployed(bodyOf('DEPLOYED, one ready, one not')), ['', 'SAT_MODULE_TOO_LARGE']);
  assert.equal(toHex(decodeNeed(bodyOf('NEED'))), 'd1'.repeat(32));
  assert.deepEqual(decodeCall(bodyOf('CALL')), vectors.CALL);
  assert.deepEqual(decodeCall(bodyOf('CALL of a caller')), vectors.CALL_OF_CALLER);
  assert.deepEqual(decodeCall(bodyOf('CALL of a caller and a trace')), vectors.TRACED_CALL);
  assert.deepEqual(decodeResult(bodyOf('RESULT, output and changes')), vectors.OUTPUT);
  assert.deepEqual(decodeResult(bodyOf('RESULT, error 404')), vectors.ERROR);
  assert.deepEqual(decodeResult(bodyOf('RESULT, failure')), vectors.FAILURE);
  assert.equal(decodeRejected(bodyOf('REJECTED, draining')), REJECTION.draining);
  assert.deepEqual(decodeAsk(bodyOf('ASK, cache-get')), vectors.CACHE_GET);
  assert.deepEqual(decodeAsk(bodyOf('ASK, cache-set')), vectors.CACHE_SET);
  assert.deepEqual(decodeAnswer(bodyOf('ANSWER, a value')), vectors.VALUE);
  assert.deepEqual(decodeAnswer(bodyOf('ANSWER, missing')), vectors.MISSING);
  assert.deepEqual(decodeLog(vectors.LOG_BODY), vectors.LINE);
});

suite('hostile bodies', () => {
  const decoders: readonly (readonly [string, Uint8Array, (body: Uint8Array) => unknown])[] = [
    ['OFFER', bodyOf('OFFER of a Sat with one label and one module'), decodeOffer],
    ['WELCOME', bodyOf('WELCOME, every 1,000 ms, dead after 2,500'), decodeWelcome],
    ['BYE', bodyOf('BYE, refused'), decodeBye],
    ['DEPLOY', bodyOf('DEPLOY of one function'), decodeDeploy],
    ['DEPLOYED', bodyOf('DEPLOYED, one ready, one not'), decodeDeployed],
    ['NEED', bodyOf('NEED'), decodeNeed],
    ['CALL', bodyOf('CALL'), decodeCall],
    ['RESULT with output', bodyOf('RESULT, output and changes'), decodeResult],
    ['RESULT with error', bodyOf('RESULT, error 404'), decodeResult],
    ['RESULT with failure', bodyOf('RESULT, failure'), decodeResult],
    ['REJECTED', bodyOf('REJECTED, draining'), decodeRejected],
    ['ASK for a value', bodyOf('ASK, cache-get'), decodeAsk],
    ['ASK to keep one', bodyOf('ASK, cache-set'), decodeAsk],
    ['ANSWER with a value', bodyOf('ANSWER, a value'), decodeAnswer],
    ['ANSWER without', bodyOf('ANSWER, missing'), decodeAnswer],
    ['LOG', vectors.LOG_BODY, decodeLog],
  ];
  for (const [name, body, decode] of decoders) test(name, () => assertSturdy(body, decode));

  test('fields that were added later: cut off with all before them, they are not there; else the body is malformed', () => {
    const added = [
      ['DEPLOY of one function with limits', decodeDeploy, [['DEPLOY of one function', vectors.DEPLOY]]],
      [
        'CALL of a caller and a trace',
        decodeCall,
        [
          ['CALL', vectors.CALL],
          ['CALL of a caller', vectors.CALL_OF_CALLER],
        ],
      ],
    ] as const;
    for (const [after, decode, before] of added) {
      const read = new Map<number, unknown>(before.map(([name, without]) => [bodyOf(name).length, without]));
      assert.equal(read.size, before.length);
      for (const cut of truncations(bodyOf(after))) {
        if (read.has(cut.length)) assert.deepEqual(decode(cut), read.get(cut.length));
        else
          assert.notEqual(
            codeOf(() => decode(cut)),
            undefined,
            `${after} cut to ${cut.length}`,
          );
      }
      for (const flipped of byteFlips(bodyOf(after))) codeOf(() => decode(flipped));
    }
  });

  test('messages', () => {
    const receive = (message: Uint8Array): void => {
      const limits = { maxBodyBytes: () => 1 << 20, maxOpenBytes: 1 << 20 };
      new FrameReceiver({ ...limits, onFrame: () => undefined }).push(message);
    };
    for (const [name, frame] of Object.entries(vectors.VECTORS)) {
      const message = encodeFrame(frame.type, frame.id, frame.body);
      for (const cut of truncations(message)) {
        const code = codeOf(() => receive(cut));
        if (cut.length > 0) assert.equal(code, 'CONSTELLATION_MALFORMED_FRAME', `${name} cut to ${cut.length}`);
      }
      for (const flipped of byteFlips(message)) codeOf(() => receive(flipped));
    }
  });
});
