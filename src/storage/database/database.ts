import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { storageError } from './errors.ts';
import { Row } from './row.ts';

/**
 * An open database: synchronous, so that what happens in one call, or in one {@link write}, happens at once for this process.
 * Each statement is compiled once. Everything it throws is a {StorageError}, whose codes are in `errors.ts`.
 */
export class Database {
  /** Where the file is. */
  readonly path: string;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #writing = false;

  /** Use `openDatabase`, which makes the connection what it has to be. */
  constructor(path: string, sqlite: DatabaseSync) {
    this.path = path;
    this.#sqlite = sqlite;
  }

  /** The first row of the answer. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => {
      const row = this.#statement(sql).get(...values);
      return row === undefined ? undefined : new Row(row);
    });
  }

  /** Every row of the answer. */
  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guarded(() =>
      this.#statement(sql)
        .all(...values)
        .map((row) => new Row(row)),
    );
  }

  /** Runs a statement; returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** Runs statements that take no values, as migrations are. */
  execute(sql: string): void {
    this.#guarded(() => this.#sqlite.exec(sql));
  }

  /**
   * Runs `work`, which must not wait for anything, as one transaction: nobody writes between its reads and its writes, and all of
   * it happens or nothing. What `work` throws is thrown, after nothing has happened. Inside of another it is a part of that one.
   */
  write<T>(work: () => T): T {
    if (this.#writing) return work();
    this.execute('BEGIN IMMEDIATE');
    this.#writing = true;
    try {
      const result = work();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  /** Closes the connection; harmless when repeated. */
  close(): void {
    this.#statements.clear();
    if (this.#sqlite.isOpen) this.#guarded(() => this.#sqlite.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** SQLite has rolled back by itself after some failures, such as a full disk. */
  #rollBack(): void {
    if (this.#sqlite.isOpen && this.#sqlite.isTransaction) this.execute('ROLLBACK');
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#sqlite.prepare(sql)));
    return statement;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw storageError(this.path, cause);
    }
  }
}
