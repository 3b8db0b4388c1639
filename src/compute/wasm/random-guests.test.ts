import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { anyHost, assertSame, noiseOf } from '../../../test/support/wasm-comparison.ts';
import { assemble, engine } from '../../../test/support/wasm-engine.ts';
import { prepareModule } from './prepare.ts';

// Programs that nobody thought of: they must be valid after rewriting exactly when they were before, and do the same.

/** Draws a program from a list of numbers; when they run out, only leaves are drawn, so every program ends. */
class Program {
  readonly #choices: readonly number[];
  #next = 0;
  /** Labels in scope: how many of the innermost blocks take no value. */
  #labels = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  text(): string {
    const bodies = ['$f0', '$f1', '$f2'].map(
      (name) =>
        `(func ${name} (export "${name}") (type $t) (local i32) ${PAY} ${this.#statements(3)} ${this.#value(3)})`,
    );
    return `(module
      (type $t (func (param i32 i32) (result i32)))
      (import "env" "log" (func $log (type $t)))
      (memory (export "memory") 1 3) (table 4 6 funcref) (tag $oops (param i32))
      (global $fuel (mut i32) (i32.const 3000)) (global $g (mut i32) (i32.const 1)) (global $r funcref (ref.func $f1))
      (elem (i32.const 0) $f0 $log $f2) (data (i32.const 0) "some data of the guest")
      ${bodies.join('\n')})`;
  }

  #pick(count: number): number {
    return (this.#choices[this.#next++] ?? 0) % count;
  }

  #statements(depth: number): string {
    return Array.from({ length: this.#pick(4) }, () => this.#statement(depth)).join(' ');
  }

  /** Code that leaves the stack as it was. */
  #statement(depth: number): string {
    const sub = depth - 1;
    if (depth === 0) return `(local.set ${this.#pick(3)} ${this.#value(0)})`;
    switch (this.#pick(14)) {
      case 0:
        return `(local.set ${this.#pick(3)} ${this.#value(sub)})`;
      case 1:
        return `(i32.store offset=${this.#pick(300)} ${this.#address()} ${this.#value(sub)})`;
      case 2:
        return this.#within(() => `(loop ${PAY} ${this.#statements(sub)} (br_if 0 ${this.#value(sub)}))`);
      case 3:
        return this.#within(() => `(block ${this.#statements(sub)} ${this.#branch(sub)} ${this.#statements(sub)})`);
      case 4: {
        const condition = this.#value(sub);
        const arm = (): string => this.#within(() => this.#statements(sub));
        return `(if ${condition} (then ${arm()}) (else ${arm()}))`;
      }
      case 5:
        return this.#within(() => {
          const targets = Array.from({ length: 1 + this.#pick(4) }, () => this.#pick(this.#labels)).join(' ');
          return `(block ${this.#statements(sub)} (br_table ${targets} ${this.#value(sub)}))`;
        });
      case 6:
        return `(drop (block (result i32) (try_table (catch $oops 0) ${this.#unlabelled(() => this.#statements(sub))}) ${this.#value(0)}))`;
      case 7:
        return `(throw $oops ${this.#value(sub)})`;
      case 8:
        return `(return_call $f${this.#pick(3)} ${this.#value(sub)} ${this.#value(sub)})`;
      case 9:
        return `(memory.fill ${this.#address()} ${this.#value(sub)} (i32.const ${this.#pick(70)}))`;
      case 10:
        return `(memory.copy ${this.#address()} ${this.#address()} (i32.const ${this.#pick(70)}))`;
      case 11:
        return `(table.set (i32.const 3) ${['(global.get $r)', '(ref.func $f0)', '(ref.null func)'][this.#pick(3)]})`;
      case 12:
        return `(global.set $g ${this.#value(sub)})`;
      default:
        return `(return ${this.#value(sub)})`;
    }
  }

  /** Code that leaves one i32. */
  #value(depth: number): string {
    const sub = depth - 1;
    switch (this.#pick(depth === 0 ? 3 : 13)) {
      case 0:
        return `(i32.const ${this.#pick(1000) - 500})`;
      case 1:
        return `(local.get ${this.#pick(3)})`;
      case 2:
        return '(global.get $g)';
      case 3:
      case 4: {
        const operator = ['add', 'sub', 'mul', 'xor', 'lt_s', 'shr_u', 'div_s', 'eq'][this.#pick(8)];
        return `(i32.${operator} ${this.#value(sub)} ${this.#value(sub)})`;
      }
      case 5:
        return `(call ${['$log', '$f0', '$f1', '$f2'][this.#pick(4)]} ${this.#value(sub)} ${this.#value(sub)})`;
      case 6:
        return `(call_indirect (type $t) ${this.#value(sub)} ${this.#value(sub)} (i32.and (i32.const 3) ${this.#value(sub)}))`;
      case 7:
        return `(if (result i32) ${this.#value(sub)} (then ${this.#unlabelled(() => this.#value(sub))}) (else ${this.#unlabelled(() => this.#value(sub))}))`;
      case 8:
        return `(i32.load offset=${this.#pick(300)} ${this.#address()})`;
      case 9:
        return `(memory.grow (i32.and (i32.const 1) ${this.#value(sub)}))`;
      case 10:
        return `(table.grow (ref.null func) (i32.and (i32.const 1) ${this.#value(sub)}))`;
      case 11:
        return `(i32x4.extract_lane ${this.#pick(4)} (i32x4.add (i32x4.splat ${this.#value(sub)}) (v128.load ${this.#address()})))`;
      default:
        return `(select ${this.#value(sub)} ${this.#value(sub)} ${this.#value(sub)})`;
    }
  }

  #address(): string {
    return `(i32.and (i32.const ${this.#pick(2) === 0 ? 0xff : 0x3ffff}) ${this.#value(1)})`;
  }

  #branch(depth: number): string {
    return `(br_if ${this.#pick(this.#labels)} ${this.#value(depth)})`;
  }

  #within(draw: () => string): string {
    this.#labels++;
    const text = draw();
    this.#labels--;
    return text;
  }

  /** Draws inside blocks that take values: no branch may lead to them or past them. */
  #unlabelled(draw: () => string): string {
    const labels = this.#labels;
    this.#labels = 0;
    const text = draw();
    this.#labels = labels;
    return text;
  }
}

/** Takes one unit of fuel or traps, so that every program ends. */
const PAY =
  '(if (i32.eqz (global.get $fuel)) (then (unreachable))) (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))';

test('programs drawn at random', () => {
  let checks = 0;
  let renewed = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(9999), { minLength: 20, maxLength: 400 }), (choices) => {
      const bytes = assemble(new Program(choices).text());
      const prepared = prepareModule(bytes);
      checks += prepared.sizes.checks;
      const log = (log: unknown[]) => ({ env: { log: (a: number, b: number) => log.push([a, b]) } });
      if (assertSame(bytes, prepared, log).isRenewed) renewed++;
    }),
    { numRuns: 150 },
  );
  assert.ok(checks > 500 && renewed > 30, `${checks} checks, ${renewed} renewed`);
});

test('modules made from noise by another toolchain', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-wasm-'));
  try {
    const wasmOpt = path.join(
      path.dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
      '../.bin/wasm-opt',
    );
    const features = ['bulk-memory', 'simd', 'multivalue', 'tail-call', 'reference-types', 'nontrapping-float-to-int'];
    const more = ['sign-ext', 'mutable-globals', 'extended-const', 'relaxed-simd'];
    const flags = [...features, ...more].map((feature) => `--enable-${feature}`);
    const made = await Promise.all(
      [1, 2].map(async (seed) => {
        const noise = path.join(directory, `${seed}.noise`);
        const output = path.join(directory, `${seed}.wasm`);
        writeFileSync(noise, noiseOf(seed, 6000));
        await promisify(execFile)(process.execPath, [wasmOpt, '-ttf', noise, '-o', output, ...flags]);
        return Uint8Array.from(readFileSync(output));
      }),
    );
    for (const bytes of made) {
      assert.ok(engine.validate(bytes));
      const prepared = prepareModule(bytes);
      assertSame(bytes, prepared, (log) => anyHost(prepared.imports, log));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
