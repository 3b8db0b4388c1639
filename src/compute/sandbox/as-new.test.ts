import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { capabilities, env, guest, realClock } from '../../../test/support/guests.ts';
import { Sandbox, type SandboxModule } from './index.ts';

// Whatever a call did, the next one in the same thread finds everything new.

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
});

after(() => sandbox.close(1000));

/** Reports three bytes, each of which it has raised by one: of a global, of its data, and of memory that began as zero; then does `more`. */
function counter(more: string, fields = ''): Uint8Array {
  return guest({
    imports: env('return_result', 3, 0),
    fields: `(global $g (mut i32) (i32.const 10)) (data (i32.const 64) "\\14\\15") ${fields}`,
    run: `(global.set $g (i32.add (global.get $g) (i32.const 1)))
      (i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (i32.const 1)))
      (i32.store8 (i32.const 200) (i32.add (i32.load8_u (i32.const 200)) (i32.const 1)))
      (i32.store8 (i32.const 0) (global.get $g))
      (i32.store8 (i32.const 1) (i32.load8_u (i32.const 64)))
      (i32.store8 (i32.const 2) (i32.load8_u (i32.const 200)))
      (call $return_result (i32.const 0) (i32.const 3) (local.get $ident))
      ${more}`,
  });
}

async function outputs(module: SandboxModule, calls: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let i = 0; i < calls; i++) {
    const result = await sandbox.call(module, { capabilities: capabilities() });
    found.push(
      result.kind === 'output' ? [...(result.output ?? [])] : result.kind === 'failure' ? result.code : result.kind,
    );
  }
  return found;
}

const NEW = [11, 21, 1];
const TABLE = '(table $t 2 funcref) (elem (i32.const 0) func $allocate)';

const KINDS: readonly [what: string, bytes: Uint8Array, expected?: unknown][] = [
  ['a guest that only returns', counter('')],
  ['a guest with a table that it never changes', counter('', TABLE)],
  [
    'a guest that changes its table',
    counter(
      `(if (ref.is_null (table.get $t (i32.const 0))) (then (unreachable)))
       (table.set $t (i32.const 0) (ref.null func))`,
      TABLE,
    ),
  ],
  [
    'a guest whose memory grows',
    counter('(if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (unreachable)))'),
  ],
  [
    'a guest that drops a segment',
    counter('(memory.init $d (i32.const 9) (i32.const 0) (i32.const 2)) (data.drop $d)', '(data $d "ab")'),
  ],
  ['a guest that traps', counter('(unreachable)'), 'TRAP'],
];

for (const [what, bytes, expected = NEW] of KINDS) {
  test(`calls one after the other: ${what}`, async () => {
    const module = sandbox.load(bytes);
    assert.deepEqual(
      await outputs(module, 5),
      Array.from({ length: 5 }, () => expected),
    );
    sandbox.unload(module);
  });
}

test('a call after one that was stopped, and beside others', async () => {
  const stopped = `(if (i32.eq (local.get $len) (i32.const 1)) (then (loop $l (br $l))))`;
  const module = sandbox.load(counter(stopped));
  const limits = { deadlineMs: 60 };
  const call = (input: string) =>
    sandbox.call(module, { capabilities: capabilities(), input: Buffer.from(input), limits });
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(['x', '', 'x', ''].map(call));
    const seen = results.map((result) =>
      result.kind === 'output' ? [...(result.output ?? [])] : result.kind === 'failure' && result.code,
    );
    assert.deepEqual(seen, ['DEADLINE', NEW, 'DEADLINE', NEW]);
  }
  sandbox.unload(module);
});
