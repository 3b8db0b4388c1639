/**
 * Everything that an instance keeps from one call to the next, seen from outside: a module is given exports that tell it.
 * Reads modules on its own, so that a fault of the reader that is tested does not hide here as well.
 */
import assert from 'node:assert/strict';
import { concat } from '../../src/kernel/index.ts';
import { call, type EngineTable, engine, type Guest, leb, moduleOf, name, section } from './wasm-engine.ts';

const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const [TYPE, IMPORT, FUNCTION, TABLE, GLOBAL, EXPORT, CODE] = [1, 2, 3, 4, 6, 7, 10] as const;
const [I64, V128, FUNCREF] = [0x7e, 0x7b, 0x70] as const;
/** Instructions that make an i64 of a value of each type, so that every bit counts; of a vector those that do for each half. */
const AS_I64: Readonly<Record<number, readonly (readonly number[])[]>> = {
  0x7f: [[0xad]],
  [I64]: [[]],
  0x7d: [[0xbc, 0xad]],
  0x7c: [[0xbd]],
  [V128]: [
    [0xfd, 0x1d, 0],
    [0xfd, 0x1d, 1],
  ],
  0x6f: [[0xd1, 0xad]],
  0x69: [[0xd1, 0xad]],
};
const PREFIX = 'state ';

/**
 * The module of `bytes` with an export for each table and a function for each global.
 * @param bytes a valid module that is written in the shortest way and imports nothing but functions and tags
 */
export function exposing(bytes: Uint8Array): Uint8Array {
  const sections = sectionsOf(bytes);
  const globals = globalTypes(sections.get(GLOBAL));
  const getters = globals.flatMap((type, index) => {
    const get = [0x23, ...leb(index)];
    if (type === FUNCREF) return [{ title: `global ${index}`, isReference: true, code: get }];
    return (AS_I64[type] ?? assert.fail(`type ${type}`)).map((conversion, part) => ({
      title: `global ${index} ${part}`,
      isReference: false,
      code: [...get, ...conversion],
    }));
  });
  const [types, functions] = [countOf(sections.get(TYPE)), countOf(sections.get(FUNCTION))];
  const first = importedFunctions(sections.get(IMPORT)) + functions;
  const tables = Array.from({ length: countOf(sections.get(TABLE)) }, (_, index) => index);
  append(sections, TYPE, [
    [0x60, 0, 1, I64],
    [0x60, 0, 1, FUNCREF],
  ]);
  append(
    sections,
    FUNCTION,
    getters.map(({ isReference }) => leb(isReference ? types + 1 : types)),
  );
  append(sections, EXPORT, [
    ...getters.map(({ title }, i) => [...name(PREFIX + title), 0, ...leb(first + i)]),
    ...tables.map((index) => [...name(`${PREFIX}table ${index}`), 1, ...leb(index)]),
  ]);
  append(
    sections,
    CODE,
    getters.map(({ code }) => [...leb(code.length + 2), 0, ...code, 0x0b]),
  );
  return moduleOf(
    ...SECTION_ORDER.flatMap((id) => (sections.has(id) ? [section(id, sections.get(id) as Uint8Array)] : [])),
  );
}

/** All that `guest`, an instance of a module made by {@link exposing}, keeps. */
export function wholeState({ exports, memory }: Guest): unknown {
  const found: [string, unknown][] = [];
  for (const [title, value] of Object.entries(exports)) {
    if (!title.startsWith(PREFIX)) continue;
    if (value instanceof engine.Table) found.push([title, entriesOf(value)]);
    else found.push([title, nameOf(call({ exports }, title))]);
  }
  return { found, memory: Buffer.from(new Uint8Array(memory?.buffer ?? new ArrayBuffer(0))) };
}

/** The exports of `guest` that {@link exposing} has not added. */
export function ownFunctions({ exports }: Guest): string[] {
  return Object.keys(exports).filter((title) => typeof exports[title] === 'function' && !title.startsWith(PREFIX));
}

function entriesOf(table: EngineTable): unknown[] {
  return Array.from({ length: table.length }, (_, index) => nameOf(table.get(index)));
}

/** An engine names a function by its index. */
function nameOf(value: unknown): unknown {
  return typeof value === 'function' ? `function ${value.name}` : value;
}

function sectionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] as number;
    const [size, start] = readLeb(bytes, at + 1);
    at = start + size;
    if (id !== 0) sections.set(id, bytes.subarray(start, at));
  }
  return sections;
}

/** Adds items to a vector, which is made if there is none. */
function append(sections: Map<number, Uint8Array>, id: number, items: readonly (readonly number[])[]): void {
  if (items.length === 0) return;
  const old = sections.get(id) ?? Uint8Array.of(0);
  const [count, start] = readLeb(old, 0);
  sections.set(
    id,
    concat(Uint8Array.from(leb(count + items.length)), old.subarray(start), Uint8Array.from(items.flat())),
  );
}

function countOf(contents: Uint8Array | undefined): number {
  return contents === undefined ? 0 : readLeb(contents, 0)[0];
}

function importedFunctions(contents: Uint8Array | undefined): number {
  let functions = 0;
  let at = 0;
  const next = (): number => {
    const [value, after] = readLeb(contents as Uint8Array, at);
    at = after;
    return value;
  };
  const skipName = (): void => {
    const length = next();
    at += length;
  };
  if (contents === undefined) return 0;
  for (let left = next(); left > 0; left--) {
    skipName();
    skipName();
    const kind = next();
    assert.ok(kind === 0 || kind === 4, 'an import that is neither function nor tag');
    if (kind === 0) functions++;
    else next();
    next();
  }
  return functions;
}

/** The codes of the types of all globals. */
function globalTypes(contents: Uint8Array | undefined): number[] {
  if (contents === undefined) return [];
  const types: number[] = [];
  let [left, at] = readLeb(contents, 0);
  for (; left > 0; left--) {
    types.push(contents[at] as number);
    at = afterExpression(contents, at + 2);
  }
  return types;
}

function afterExpression(contents: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const opcode = contents[at++] as number;
    if (opcode === 0x0b) return at;
    if (opcode === 0x43) at += 4;
    else if (opcode === 0x44) at += 8;
    else if (opcode === 0xfd) at += 17;
    else if (opcode === 0xd0) at += 1;
    else if ([0x23, 0x41, 0x42, 0xd2].includes(opcode)) while ((contents[at++] as number) >= 0x80);
    else assert.ok([0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode), `a constant instruction ${opcode}`);
  }
}

function readLeb(bytes: Uint8Array, start: number): [value: number, after: number] {
  let value = 0;
  let at = start;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++] ?? assert.fail('a module that is cut off');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
  }
}
