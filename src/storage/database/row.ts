import type { SQLOutputValue } from 'node:sqlite';
import { DAMAGED_REMEDY, StorageError } from './errors.ts';

/** One row of an answer; every column is read by its name and kind. @throws {StorageError} STORAGE_CORRUPT for another kind. */
export class Row {
  readonly #columns: Readonly<Record<string, SQLOutputValue>>;

  constructor(columns: Readonly<Record<string, SQLOutputValue>>) {
    this.#columns = columns;
  }

  text(name: string): string {
    const value = this.#columns[name];
    return typeof value === 'string' ? value : this.#wrong(name, 'text');
  }

  optionalText(name: string): string | undefined {
    return this.#isNull(name) ? undefined : this.text(name);
  }

  /** A whole number within ±(2^53−1). */
  integer(name: string): number {
    const value = this.#columns[name];
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#wrong(name, 'whole number');
  }

  optionalInteger(name: string): number | undefined {
    return this.#isNull(name) ? undefined : this.integer(name);
  }

  /** 0 or 1. */
  flag(name: string): boolean {
    return this.integer(name) !== 0;
  }

  /** Bytes of their own. */
  bytes(name: string): Uint8Array {
    const value = this.#columns[name];
    return value instanceof Uint8Array
      ? new Uint8Array(value.buffer, value.byteOffset, value.length)
      : this.#wrong(name, 'byte string');
  }

  optionalBytes(name: string): Uint8Array | undefined {
    return this.#isNull(name) ? undefined : this.bytes(name);
  }

  /** The value `read` makes of a text. @throws {StorageError} STORAGE_CORRUPT when it throws. */
  parsed<T>(name: string, read: (text: string) => T): T {
    const text = this.text(name);
    try {
      return read(text);
    } catch (cause) {
      throw new StorageError('STORAGE_CORRUPT', `the column ${name} holds something else than it should`, {
        cause,
        remedy: DAMAGED_REMEDY,
      });
    }
  }

  #isNull(name: string): boolean {
    return this.#columns[name] === null;
  }

  #wrong(name: string, kind: string): never {
    throw new StorageError('STORAGE_CORRUPT', `the column ${name} holds no ${kind}`, { remedy: DAMAGED_REMEDY });
  }
}
