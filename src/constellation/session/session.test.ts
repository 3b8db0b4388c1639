import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeFrame, type Frame, FRAME, unexpected } from '../protocol/index.ts';
import { linkPair, type MemoryLink, memoryPeer } from '../testdata/memory-link.ts';
import { Session, type SessionEnd } from './index.ts';

interface End {
  readonly session: Session;
  readonly link: MemoryLink;
  readonly frames: Frame[];
  readonly ends: SessionEnd[];
  unsent: number[];
}

function pair(clock = new VirtualClock(), onFrame: (frame: Frame) => void = () => undefined): [End, End, VirtualClock] {
  const links = linkPair(memoryPeer('Isat'), memoryPeer('Igateway'));
  const make = (link: MemoryLink): End => {
    const frames: Frame[] = [];
    const ends: SessionEnd[] = [];
    const end: Omit<End, 'session'> & { session?: Session } = { link, frames, ends, unsent: [] };
    end.session = new Session({
      link,
      clock,
      defer: setImmediate,
      maxBodyBytes: () => 1000,
      maxOpenBytes: 10_000,
      onFrame: (frame) => {
        frames.push(frame);
        onFrame(frame);
      },
      onEnd: (reason, unsent) => {
        ends.push(reason);
        end.unsent = [...unsent];
      },
    });
    return end as End;
  };
  return [make(links.gateway), make(links.sat), clock];
}

/** Lets messages arrive and be answered. */
async function rest(): Promise<void> {
  for (let i = 0; i < 6; i++) await settle();
}

suite('a session', () => {
  test('carries frames both ways', async () => {
    const [gateway, sat] = pair();
    gateway.session.send(FRAME.call, 1, Uint8Array.of(1));
    sat.session.send(FRAME.result, 1, Uint8Array.of(2));
    await rest();
    assert.deepEqual(
      [...sat.frames, ...gateway.frames].map(({ type, id, body }) => [type, id, ...body]),
      [
        [FRAME.call, 1, 1],
        [FRAME.result, 1, 2],
      ],
    );
  });

  test('tells the peer a generic word, and the owner the reason', async () => {
    const [gateway, sat] = pair();
    gateway.session.end({ code: 'refused', reason: 'its hat is green' }, 1);
    gateway.session.end({ code: 'done', reason: 'twice' }, 0);
    await rest();
    assert.deepEqual(gateway.ends, [{ code: 'refused', reason: 'its hat is green' }]);
    assert.deepEqual(sat.ends, [{ code: 'bye', reason: 'the other side refused' }]);
    assert.doesNotMatch(Buffer.concat(gateway.link.sent).toString('latin1'), /hat/);
    assert.ok(gateway.link.closed && sat.link.closed);
  });

  test('ends with its link', async () => {
    const [gateway, sat] = pair();
    gateway.link.lose('the cable was cut');
    assert.deepEqual(gateway.ends, [{ code: 'closed', reason: 'the cable was cut' }]);
    gateway.session.send(FRAME.call, 1);
    await rest();
    assert.deepEqual(gateway.link.sent, []);
    assert.deepEqual(sat.frames, []);
  });

  test('ends at what breaks the protocol, and handles nothing more of the message', async () => {
    const [gateway, sat] = pair();
    const message = Buffer.concat([
      encodeFrame(FRAME.result, 1, new Uint8Array(2000)),
      encodeFrame(FRAME.result, 2, new Uint8Array(0)),
    ]);
    void sat.link.send([message]);
    await rest();
    assert.equal(gateway.ends[0]?.code, 'CONSTELLATION_FRAME_TOO_LARGE');
    assert.deepEqual(gateway.frames, []);
    assert.deepEqual(sat.ends, [{ code: 'bye', reason: 'the other side could not follow the protocol' }]);
  });

  test('ends at what its owner throws', async () => {
    for (const [error, code] of [
      [unexpected('not now'), 'CONSTELLATION_UNEXPECTED_FRAME'],
      [new TypeError('a defect'), 'CONSTELLATION_FRAME_FAILED'],
    ] as const) {
      const [gateway, sat] = pair(new VirtualClock(), () => {
        throw error;
      });
      sat.session.send(FRAME.result, 1);
      await rest();
      assert.deepEqual(gateway.ends, [{ code, reason: error.message }]);
    }
  });

  test('names the calls of which nothing can have been started', async () => {
    const [gateway] = pair();
    gateway.session.send(FRAME.call, 1);
    gateway.session.flush();
    gateway.session.send(FRAME.call, 2);
    gateway.session.send(FRAME.call, 3, new Uint8Array(100_000));
    gateway.link.lose('gone');
    assert.deepEqual(new Set(gateway.unsent), new Set([2, 3]));
    await rest();
    assert.equal(gateway.link.sent.length, 1);
  });

  test('does not flush calls into its goodbye', async () => {
    const [gateway, sat] = pair();
    gateway.session.send(FRAME.call, 2);
    gateway.session.end({ code: 'done', reason: '' }, 0);
    await rest();
    assert.deepEqual(sat.frames, []);
    assert.deepEqual(gateway.unsent, [2]);
  });
});

suite('signs of life', () => {
  const heartbeat = { pingMs: 1000, deadAfterMs: 2500 };
  /** Both ends with their heartbeats, as after WELCOME. */
  const alive = (): [End, End, VirtualClock] => {
    const [gateway, sat, clock] = pair();
    gateway.session.startHeartbeat(heartbeat);
    sat.session.startHeartbeat(heartbeat);
    return [gateway, sat, clock];
  };

  test('keep an idle session for as long as both live', async () => {
    const [gateway, sat, clock] = alive();
    for (let i = 0; i < 120; i++) {
      await clock.advance(500);
      await rest();
    }
    assert.deepEqual([...gateway.ends, ...sat.ends], []);
    assert.deepEqual([...gateway.frames, ...sat.frames], [], 'the owner does not see them');
    assert.ok(gateway.link.sent.length <= 122 && sat.link.sent.length <= 122, 'no more of them than needed');
    assert.ok(gateway.session.roundTripMs !== undefined && gateway.session.roundTripMs < 1000);
    gateway.session.end({ code: 'done', reason: '' });
    sat.session.end({ code: 'done', reason: '' });
    assert.equal(clock.pending, 0);
  });

  test('come also while the other direction is full', async () => {
    const [gateway, sat, clock] = alive();
    gateway.link.stalled = true;
    gateway.session.send(FRAME.module, 1, new Uint8Array(900));
    gateway.session.flush();
    for (let i = 0; i < 20; i++) {
      await clock.advance(100);
      await rest();
    }
    assert.deepEqual(gateway.ends, [], 'the gateway hears the Sat, although its own pings do not arrive');
    gateway.link.resume();
    await rest();
    assert.deepEqual(
      sat.frames.map(({ type }) => type),
      [FRAME.module],
    );
    gateway.session.end({ code: 'done', reason: '' });
    await rest();
  });

  test('are not needed while there is work', async () => {
    const [gateway, sat, clock] = alive();
    for (let i = 0; i < 50; i++) {
      gateway.session.send(FRAME.call, i, Uint8Array.of(1));
      sat.session.send(FRAME.result, i, Uint8Array.of(1));
      await clock.advance(100);
      await rest();
    }
    const types = [...gateway.link.sent, ...sat.link.sent].map((message) => message[0]);
    assert.deepEqual(new Set(types), new Set([FRAME.call, FRAME.result]));
    gateway.session.end({ code: 'done', reason: '' });
    await rest();
  });

  test('end within 3 s when a peer falls silent', async () => {
    for (const silent of ['gateway', 'sat'] as const) {
      const [gateway, sat, clock] = alive();
      for (let i = 0; i < 10; i++) {
        await clock.advance(370);
        await rest();
      }
      gateway.link.silence();
      sat.link.silence();
      const other = silent === 'sat' ? gateway : sat;
      for (let i = 0; i < 30 && other.ends.length === 0; i++) {
        await clock.advance(100);
        await rest();
      }
      assert.equal(other.ends[0]?.code, 'silent');
      assert.ok(clock.monotonicMs() - other.session.lastHeardMs <= 3000);
    }
  });

  test('wait when it is ourselves who were held up', async () => {
    const clock = new LateClock();
    const [gateway] = pair(clock);
    gateway.session.startHeartbeat(heartbeat);
    await clock.advance(500);
    // Nothing ran for 10 s; the check comes late, and the messages of the peer are still unread.
    clock.skip(10_000);
    await clock.advance(600);
    assert.equal(gateway.ends.length, 0, 'one more look first');
    await clock.advance(500);
    const codes = gateway.ends.map(({ code }) => code);
    assert.deepEqual(codes, ['silent']);
  });
});

/** Time that can pass without anything running, as when a process is stopped. */
class LateClock extends VirtualClock {
  #skipped = 0;
  override monotonicMs = (): number => this.nowMs() + this.#skipped;

  skip(ms: number): void {
    this.#skipped += ms;
  }
}
