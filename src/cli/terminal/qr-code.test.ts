import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qrCodeOfHex } from './qr-code.ts';

const HEX = 'deadbeef0123'.repeat(17).slice(0, 200);

const ROOM = { columns: 100, rows: 40 };

/** The modules that lines draw, dark as true, without the quiet zone. */
function modulesOf(lines: readonly string[]): boolean[][] {
  const rows = lines.flatMap((line) => {
    const upper = line.split('').map((half) => half === ' ' || half === '▄');
    const lower = line.split('').map((half) => half === ' ' || half === '▀');
    return [upper, lower];
  });
  return rows.slice(4).map((row) => row.slice(4, -4));
}

test('a code has its finder patterns in three corners, and is as small as alphanumeric mode makes it', () => {
  const lines = qrCodeOfHex(HEX, ROOM) ?? [];
  const modules = modulesOf(lines);
  const size = modules[0]?.length ?? 0;
  assert.equal(size, 47 - 2, 'version 7 holds 224 alphanumeric characters, 154 bytes');
  assert.equal(lines.length, Math.ceil((size + 8) / 2));
  const finder = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111'];
  const cornerAt = (top: number, left: number): string[] =>
    finder.map((_, y) => [...Array(7).keys()].map((x) => (modules[top + y]?.[left + x] === true ? '1' : '0')).join(''));
  for (const [top, left] of [
    [0, 0],
    [0, size - 7],
    [size - 7, 0],
  ] as const) {
    assert.deepEqual(cornerAt(top, left), finder);
  }
});

test('hex digits in lower case are the same code', () => {
  assert.deepEqual(qrCodeOfHex(HEX, ROOM), qrCodeOfHex(HEX.toUpperCase(), ROOM));
});

test('there is none when the terminal is too small, or the text too long', () => {
  assert.notEqual(qrCodeOfHex(HEX, { columns: 53, rows: 27 }), undefined);
  assert.equal(qrCodeOfHex(HEX, { columns: 52, rows: 27 }), undefined);
  assert.equal(qrCodeOfHex(HEX, { columns: 53, rows: 26 }), undefined);
  assert.equal(qrCodeOfHex('0'.repeat(4297), { columns: 1000, rows: 1000 }), undefined);
});
