import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '..');
const sources = globSync('src/**/*.ts', { cwd: root }).map((file) => file.replaceAll(path.sep, '/'));
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g;
/** What a room without input or output may not import. `node:crypto` is mathematics here: randomness is passed in. */
const IO_MODULES =
  /^node:(net|tls|http|https|http2|dgram|dns|fs|child_process|worker_threads|timers|os|process|sqlite)/;
const CLOCKS_AND_CHANCE =
  /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|randomBytes|randomUUID|getRandomValues)\b/;

interface Room {
  readonly name: string;
  readonly layer: number;
  readonly io: boolean;
}

const rooms = readRooms();

test('every folder of src is a room of the table', () => {
  const found = new Set(sources.map(roomOf));
  const listed = new Set(rooms.map((room) => room.name));
  assert.deepEqual(
    [...found].filter((name) => !listed.has(name)),
    [],
  );
});

test('no file imports sideways or upwards', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const own = room(roomOf(file));
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue;
      const resolved = path.posix.join(path.posix.dirname(file), target);
      if (!resolved.startsWith('src/')) {
        if (!isTest(file)) wrong.push(`${file} → ${resolved}`);
        continue;
      }
      const other = room(roomOf(resolved));
      if (other.name !== own.name && other.layer >= own.layer) wrong.push(`${file} → ${resolved}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('another folder is entered by its door', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    if (isTest(file)) continue;
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue;
      const resolved = path.posix.join(path.posix.dirname(file), target);
      const from = roomOf(file);
      const to = roomOf(resolved);
      if (from !== to && path.posix.basename(resolved) !== 'index.ts') wrong.push(`${file} → ${resolved}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('rooms without input and output touch no clock, chance, file or socket', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    if (room(roomOf(file)).io || isTest(file)) continue;
    for (const target of importsOf(file)) if (IO_MODULES.test(target)) wrong.push(`${file} imports ${target}`);
    const code = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const match = CLOCKS_AND_CHANCE.exec(code);
    if (match !== null) wrong.push(`${file} uses ${match[0]}`);
  }
  assert.deepEqual(wrong, []);
});

function readRooms(): Room[] {
  const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d) \| `([a-z-]+)\/` \|.*\| (yes|no) \|$/gm)];
  assert.ok(rows.length >= 4, 'the table of rooms is readable');
  return rows.map(([, layer, name, io]) => ({ layer: Number(layer), name: String(name), io: io === 'yes' }));
}

function room(name: string): Room {
  const found = rooms.find((candidate) => candidate.name === name);
  assert.ok(found, `the room ${name} is in the table`);
  return found;
}

function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.endsWith('/conformance.ts') || file.includes('/testdata/');
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
