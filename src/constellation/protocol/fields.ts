import type { BareReader, BareWriter } from '../../kernel/bare/index.ts';
import { malformed } from './errors.ts';

/** Ours: entries of each map of a request. */
export const MAX_ENTRIES = 1024;

/** Writes a map of texts: a count, then name and value of each in the map's order. */
export function writeStrings(writer: BareWriter, map: ReadonlyMap<string, string>): void {
  writer.uint(map.size);
  for (const [name, value] of map) writer.string(name).string(value);
}

/** @throws {BareError | ProtocolError} CONSTELLATION_MALFORMED_FRAME above `max` entries. */
export function readStrings(reader: BareReader, max: number = MAX_ENTRIES): Map<string, string> {
  const map = new Map<string, string>();
  for (let left = readCount(reader, max); left > 0; left--) {
    const name = reader.string();
    map.set(name, reader.string());
  }
  return map;
}

/** Writes a map of byte strings. */
export function writeState(writer: BareWriter, map: ReadonlyMap<string, Uint8Array>): void {
  writer.uint(map.size);
  for (const [name, value] of map) writer.string(name).data(value);
}

/** The values are views of the frame. @throws {BareError | ProtocolError} CONSTELLATION_MALFORMED_FRAME */
export function readState(reader: BareReader): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  for (let left = readCount(reader, MAX_ENTRIES); left > 0; left--) {
    const name = reader.string();
    map.set(name, reader.data());
  }
  return map;
}

/** @throws {BareError | ProtocolError} CONSTELLATION_MALFORMED_FRAME above `max` items. */
export function readList<T>(reader: BareReader, max: number, read: () => T): T[] {
  const items: T[] = [];
  for (let left = readCount(reader, max); left > 0; left--) items.push(read());
  return items;
}

function readCount(reader: BareReader, max: number): number {
  const count = reader.uint();
  if (count > max || count > reader.remaining) throw malformed(`a list of ${count} entries is not accepted`);
  return count;
}
