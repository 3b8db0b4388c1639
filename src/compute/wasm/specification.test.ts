import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '../../kernel/index.ts';
import { DEFAULT_MODULE_LIMITS } from './limits.ts';
import { prepareModule } from './prepare.ts';

// docs/protocol/wasm.md and the code say the same.

const DOCUMENT = readFileSync(path.join(import.meta.dirname, '../../../docs/protocol/wasm.md'), 'utf8');

function sectionOf(number: string): string {
  const start = DOCUMENT.search(new RegExp(`^#{2,3} ${number.replace('.', '\\.')} `, 'm'));
  assert.ok(start >= 0, `there is a §${number}`);
  return DOCUMENT.slice(start).split(/\n##/)[0]!;
}

/** The bytes of the code block of a section: each line up to the double space before its comment. */
function bytesOf(number: string): Uint8Array {
  const block = sectionOf(number).split('```')[1]!;
  const digits = block.split('\n').map((line) => /^[\s0-9a-f]*(?=\s|$)/.exec(line)?.[0] ?? '');
  return fromHex(digits.join('').replaceAll(/\s/g, ''));
}

test('§4.1 the limits and their defaults', () => {
  const rows = [...sectionOf('4.1').matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  assert.deepEqual(Object.fromEntries(rows), DEFAULT_MODULE_LIMITS);
});

test('§7 the error codes', () => {
  const source = readFileSync(path.join(import.meta.dirname, 'errors.ts'), 'utf8');
  const codes = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!);
  assert.deepEqual(codes(sectionOf('7'), /^\| `(WASM_\w+)` \|/gm), codes(source, /'(WASM_\w+)'/g));
});

test('§8 the worked example', () => {
  const prepared = prepareModule(bytesOf('8.1'));
  assert.equal(toHex(prepared.bytes), toHex(bytesOf('8.2')));
  assert.equal(prepared.startExport, 'perigee.start');
  assert.deepEqual(prepared.memory, { source: 'own', minPages: 1, maxPages: 1024 });
});
