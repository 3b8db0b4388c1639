// Memory of calls that wait: ten thousand guests in one sandbox have asked for an HTTP answer that does not come. What a call
// costs is the growth of the process less the memory that the guests touched themselves.
import { type CallResult, Sandbox } from '../src/compute/sandbox/index.ts';
import type { CapabilityAnswer } from '../src/compute/capability/index.ts';
import { capabilities, env, guest, realClock } from '../test/support/guests.ts';

const CALLS = 10_000;
const GOAL_KB = 64;
/** Linux gives memory to a guest by pages of 4 KiB: this one touches those of its input, its URL and its stack. */
const TOUCHED_KB = 12;
const URL = 'http://slow.example/';

const module_ = guest({
  imports: env('fetch_url', 6) + env('return_result', 3, 0),
  fields: `(data (i32.const 64) "${URL}")`,
  run: `(drop (call $fetch_url (i32.const 0) (i32.const 64) (i32.const ${URL.length}) (i32.const 0) (i32.const 0)
    (local.get $ident))) (call $return_result (local.get $ptr) (local.get $len) (local.get $ident))`,
});
const sandbox = await Sandbox.create({
  clock: realClock,
  limits: { threads: 2, concurrency: CALLS, totalConcurrency: CALLS, openHostCalls: CALLS },
  callLimits: { deadlineMs: 600_000 },
});
const loaded = sandbox.load(module_);
const released = Promise.withResolvers<CapabilityAnswer>();
let waiting = 0;
const full = Promise.withResolvers<void>();
const slow = capabilities({
  fetch: () => {
    if (++waiting === CALLS) full.resolve();
    return released.promise;
  },
});
const input = new TextEncoder().encode('x'.repeat(64));
const warm = sandbox.call(loaded, { input, capabilities: capabilities() });
await warm;
const before = rssKb();
const calls: Promise<CallResult>[] = [];
const started = performance.now();
for (let i = 0; i < CALLS; i++) calls.push(sandbox.call(loaded, { input, capabilities: slow }));
await full.promise;
const seconds = (performance.now() - started) / 1000;
const each = (rssKb() - before) / CALLS;
const own = each - TOUCHED_KB;
console.log(
  `${CALLS.toLocaleString('en')} calls wait after ${seconds.toFixed(1)} s: ${each.toFixed(1)} KB a call, of it ${TOUCHED_KB} KB ` +
    `of the guest: ${own.toFixed(1)} KB (goal ${GOAL_KB}) ${own <= GOAL_KB ? 'met' : 'missed'}`,
);
released.resolve({ ok: true, value: new Uint8Array() });
const failed = (await Promise.all(calls)).filter(({ kind }) => kind !== 'output');
console.log(`${CALLS - failed.length} of them got their answer and ended`);
await sandbox.close(0);
if (failed.length > 0) {
  console.log(failed[0]);
  process.exitCode = 1;
}

function rssKb(): number {
  return process.memoryUsage.rss() / 1024;
}
