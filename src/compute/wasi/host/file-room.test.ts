import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { bareWasi, noDirectories, temporaryFolder } from '../../../../test/support/wasi-guest.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { WasiFault } from '../errno.ts';
import { FileRoom } from './file-room.ts';

test('operations run a few at once, in the order in which they came, and none is lost', async () => {
  const room = new FileRoom(1, 2);
  const running = new Set<number>();
  const ends: (() => void)[] = [];
  const began: number[] = [];
  const all = [0, 1, 2, 3, 4].map((number) =>
    room.run(async () => {
      running.add(number);
      began.push(number);
      assert.ok(running.size <= 2);
      await new Promise<void>((resolve) => ends.push(resolve));
      running.delete(number);
      if (number === 1) throw new Error('as planned');
      return number;
    }),
  );
  const settled = Promise.allSettled(all);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    ends.shift()?.();
  }
  assert.deepEqual(
    (await settled).map((result) => (result.status === 'fulfilled' ? result.value : 'failed')),
    [0, 'failed', 2, 3, 4],
  );
  assert.deepEqual(began, [0, 1, 2, 3, 4]);
});

test('whoever waits for the ends of calls does not wait for ever', async () => {
  const clock = new VirtualClock();
  const room = new FileRoom();
  let over = false;
  const end = Promise.withResolvers<void>();
  room.ending(end.promise);
  const idle = room.idle(clock, 100).then(() => {
    over = true;
  });
  await clock.advance(99);
  assert.equal(over, false);
  await clock.advance(1);
  await idle;
  assert.equal(clock.pending, 0);
  const other = room.idle(clock, 100);
  end.resolve();
  await other;
  await room.idle(clock, 100);
  assert.equal(clock.pending, 0);
});

test('handles of all calls together are bounded', { skip: noDirectories }, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'x');
  const room = new FileRoom(4);
  const grant = { directories: [{ guestPath: '/', hostPath: folder.path, writable: true }] };
  const one = bareWasi({ grant, room });
  const two = bareWasi({ grant, room });
  assert.deepEqual([await one.open('file'), await one.open('file')], [4, 5]);
  assert.equal(await two.open('file'), -41);
  assert.equal(await one.call('fd_close', 4), 0);
  assert.equal(await two.open('file'), 4);
  assert.equal(await two.open('file'), -41);
  await one[Symbol.asyncDispose]();
  assert.deepEqual([await two.open('file'), await two.open('file')], [5, 6]);
  assert.equal(await two.open('file'), -41);
  await two[Symbol.asyncDispose]();
  for (let i = 0; i < 4; i++) room.takeHandle();
  assert.throws(() => room.takeHandle(), WasiFault);
});

test('when a call ends nothing of it is open, and it opens nothing more', { skip: noDirectories }, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'x');
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const wasi = bareWasi({ grant: { directories: [{ guestPath: '/', hostPath: folder.path, writable: true }] } });
  for (let i = 0; i < 10; i++) assert.ok((await wasi.open('file')) > 0);
  assert.equal(await wasi.call('fd_readdir', 3, 4096, 100, 0n, 16), 0);
  assert.ok(open() >= before + 11);
  const late = wasi.open('file');
  await wasi[Symbol.asyncDispose]();
  await late;
  assert.equal(await wasi.open('file'), -8);
  assert.equal(open(), before);
});
