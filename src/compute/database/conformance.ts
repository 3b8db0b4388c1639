/** What every database must do, tried at a real server through the provider that hosts have. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../../kernel/index.ts';
import type { DatabasePlace, DatabaseType, NamedQuery, QueryType } from '../capability/index.ts';
import { type Dialer, PUBLIC_RULE } from '../egress/index.ts';
import { Databases, type DatabaseLimits } from './index.ts';

/** How one kind of server says what the cases need. */
export interface Dialect {
  /** The place of value `n`, counted from 1. */
  readonly value: (n: number) => string;
  /** A key that counts up by itself. */
  readonly serial: string;
  /** The first key of a table, as an insert answers. */
  readonly firstKey: number;
  /** How a text column comes out. */
  readonly text: (text: string) => string;
  /** A statement without result that takes seconds. */
  readonly sleep: (seconds: number) => string;
  /** Counts the statements that run and contain `mark`, as `n`. */
  readonly running: (mark: string) => string;
  /** Ends the session that runs it. */
  readonly suicide: string;
  readonly begin: string;
  /** A select of `count` rows. */
  readonly rows: (count: number) => string;
  /** Expressions for a select, and the JSON of their values. */
  readonly columns: readonly (readonly [expression: string, json: string])[];
  /** A statement that fails at the server, quoting its one value. */
  readonly quoting: string;
}

/** A server for the cases. */
export interface DatabaseUnderTest {
  readonly type: DatabaseType;
  readonly dialect: Dialect;
  readonly place: () => DatabasePlace;
  readonly clock: Clock;
  readonly dialer: Dialer;
}

/** Rules under which a server on the loopback may be reached. */
export const LOCAL_RULES: DatabasePlace['rules'] = [{ ...PUBLIC_RULE, allowPrivate: true }];

const never = new AbortController().signal;

/** A query as a Directive would have it. */
export function query(type: QueryType, text: string, variables = 0): NamedQuery {
  return { name: 'the-query', type, variables, text };
}

/** Declares the cases. */
export function databaseConformance(name: string, skip: string | false, under: () => DatabaseUnderTest): void {
  suite(name, { skip }, () => {
    const withDatabases = async (
      use: (
        run: (query: NamedQuery, values?: readonly string[], signal?: AbortSignal) => Promise<string>,
        under: DatabaseUnderTest,
      ) => Promise<void>,
      limits: Partial<DatabaseLimits> = {},
    ): Promise<void> => {
      const { clock, dialer, place, ...rest } = under();
      const troubles: unknown[] = [];
      await using databases = new Databases({ clock, dialer, limits, onTrouble: (error) => troubles.push(error) });
      await use(
        async (statement, values = [], signal = never) =>
          Buffer.from(await databases.execute(place(), statement, values, signal)).toString(),
        { clock, dialer, place, ...rest },
      );
      await databases.close();
      assert.deepEqual(troubles, []);
    };
    /** Waits until so many statements with `mark` run. */
    const untilRunning = async (mark: string, count: number): Promise<void> =>
      withDatabases(async (run, { dialect }) => {
        const deadline = AbortSignal.timeout(20_000);
        while ((await run(query('select', dialect.running(mark)), [], deadline)) !== `[{"n":${count}}]`);
      });

    test('the four kinds', () =>
      withDatabases(async (run, { dialect: { value, serial, firstKey, text } }) => {
        await run(query('update', 'DROP TABLE IF EXISTS kinds'));
        await run(query('update', `CREATE TABLE kinds (id ${serial}, a VARCHAR(40), b INTEGER)`));
        const insert = query('insert', `INSERT INTO kinds (a, b) VALUES (${value(1)}, ${value(2)})`, 2);
        assert.equal(await run(insert, ['ä"\\\'', '7']), `{"lastInsertID":${firstKey},"rowsAffected":0}`);
        await run(insert, ['two', '8']);
        const select = query('select', `SELECT * FROM kinds WHERE b = ${value(1)}`, 1);
        assert.equal(await run(select, ['7']), `[{"a":${text('ä"\\\'')},"b":7,"id":1}]`);
        assert.equal(await run(select, ['9']), '[]');
        const update = query('update', `UPDATE kinds SET b = ${value(1)}`, 1);
        assert.equal(
          await run(update, ['8']),
          '{"lastInsertID":0,"rowsAffected":'.concat(firstKey === 0 ? '2}' : '1}'),
        );
        assert.equal(await run(query('delete', 'DELETE FROM kinds')), '{"lastInsertID":0,"rowsAffected":2}');
      }));

    test('every type of column has its form', () =>
      withDatabases(async (run, { dialect: { columns } }) => {
        const wrong: unknown[] = [];
        for (const [expression, json] of columns) {
          const seen = await run(query('select', `SELECT ${expression} AS v`));
          if (seen !== `[{"v":${json}}]`) wrong.push([expression, seen, json]);
        }
        assert.deepEqual(wrong, []);
      }));

    test('columns are in the order of their names, and of two with one name the later one counts', () =>
      withDatabases(async (run) => {
        assert.equal(await run(query('select', 'SELECT 1 AS b, 2 AS a, 3 AS b')), '[{"a":2,"b":3}]');
      }));

    test('a value is never a part of the statement', () =>
      withDatabases(async (run, { dialect: { value, text } }) => {
        for (const odd of ["'; DROP TABLE x; --", '\\', '$1', '?', '', 'ünï\u{1F600}']) {
          const select = query('select', `SELECT CONCAT(${value(1)}, '') AS v`.replace('$1', '$1::text'), 1);
          assert.equal(await run(select, [odd]), `[{"v":${text(odd)}}]`);
        }
      }));

    test('several statements in one are refused', () =>
      withDatabases(async (run) => {
        await assert.rejects(run(query('select', 'SELECT 1 AS a; SELECT 2 AS a')), {
          code: 'DATABASE_STATEMENT_FAILED',
        });
        assert.equal(await run(query('select', 'SELECT 1 AS a')), '[{"a":1}]');
      }));

    test('what the server says is not repeated, and the connection is used again', () =>
      withDatabases(
        async (run, { dialect: { quoting } }) => {
          await assert.rejects(run(query('select', quoting, 1), ['hunter2']), (error: Error) => {
            assert.equal((error as { code?: unknown }).code, 'DATABASE_STATEMENT_FAILED');
            assert.equal(`${error.stack} ${String(error.cause)}`.includes('hunter2'), false, error.message);
            return true;
          });
          assert.equal(await run(query('select', 'SELECT 1 AS a')), '[{"a":1}]');
        },
        { poolConnections: 1 },
      ));

    test('a result has so many rows and bytes at most, and a larger one costs its connection only', () =>
      withDatabases(
        async (run, { dialect: { rows } }) => {
          assert.equal((JSON.parse(await run(query('select', rows(100)))) as unknown[]).length, 100);
          await assert.rejects(run(query('select', rows(101))), { code: 'DATABASE_TOO_LARGE', message: /rows/ });
          const wide = query('select', `SELECT REPEAT('x', 5000) AS v`);
          await assert.rejects(run(wide), { code: 'DATABASE_TOO_LARGE', message: /bytes/ });
          const huge = query('select', `SELECT REPEAT('x', 4000000) AS v`);
          await assert.rejects(run(huge), { code: 'DATABASE_TOO_LARGE', message: /bytes/ });
          assert.equal(await run(query('select', 'SELECT 1 AS a')), '[{"a":1}]');
        },
        { maxRows: 100, maxResultBytes: 4000, poolConnections: 1 },
      ));

    test('a call that ends has its statement stopped at the server', () =>
      withDatabases(
        async (run, { dialect }) => {
          const call = new AbortController();
          const ended = run(query('select', `${dialect.sleep(60)} /* given-up */`), [], call.signal);
          await untilRunning('given-up', 1);
          call.abort(new Error('the call has ended'));
          await assert.rejects(ended, /the call has ended/);
          // The one place is free again once the server has stopped.
          assert.equal(await run(query('select', 'SELECT 1 AS a')), '[{"a":1}]');
          await untilRunning('given-up', 0);
        },
        { poolConnections: 1 },
      ));

    test('closing stops what runs', async () => {
      const { clock, dialer, place, dialect } = under();
      const databases = new Databases({ clock, dialer });
      const ended = databases.execute(place(), query('select', `${dialect.sleep(60)} /* closed */`), [], never);
      const rejected = assert.rejects(ended, { code: /^DATABASE_(?:LOST|CLOSED)$/ });
      await untilRunning('closed', 1);
      await databases.close();
      await rejected;
      await untilRunning('closed', 0);
      await assert.rejects(databases.execute(place(), query('select', 'SELECT 1'), [], never), {
        code: 'DATABASE_CLOSED',
      });
    });

    test('a statement has so much time, and the server is told', () =>
      withDatabases(
        async (run, { dialect }) => {
          await assert.rejects(run(query('select', `${dialect.sleep(60)} /* too-long */`)), {
            code: 'EGRESS_DEADLINE',
          });
          await untilRunning('too-long', 0);
        },
        { statementMs: 300 },
      ));

    test('calls wait for a connection in a line that has an end', () =>
      withDatabases(
        async (run, { dialect }) => {
          const call = new AbortController();
          const first = run(query('select', `${dialect.sleep(60)} /* first */`), [], call.signal);
          await untilRunning('first', 1);
          const second = run(query('select', 'SELECT 2 AS a'));
          await assert.rejects(run(query('select', 'SELECT 3 AS a')), { code: 'DATABASE_BUSY' });
          call.abort(new Error('over'));
          await assert.rejects(first);
          assert.equal(await second, '[{"a":2}]');
        },
        { poolConnections: 1, poolWaiting: 1 },
      ));

    test('a connection with an open transaction, or one that the server has ended, is not used again', () =>
      withDatabases(
        async (run, { dialect: { begin, suicide } }) => {
          await run(query('update', 'DROP TABLE IF EXISTS open_end'));
          await run(query('update', 'CREATE TABLE open_end (a INTEGER)'));
          await run(query('update', begin));
          await run(query('insert', 'INSERT INTO open_end VALUES (1)'));
          assert.equal(await run(query('select', 'SELECT COUNT(*) AS n FROM open_end')), '[{"n":1}]', 'autocommit');
          await assert.rejects(run(query('select', suicide)), { code: /^DATABASE_/ });
          assert.equal(await run(query('select', 'SELECT 1 AS a')), '[{"a":1}]');
        },
        { poolConnections: 1 },
      ));

    test('where the rules do not let it, there is no database', async () => {
      const { clock, dialer, place } = under();
      await using databases = new Databases({ clock, dialer });
      const port = Number(/:(\d+)\)?\//.exec(place().connectionString)?.[1]);
      for (const rule of [
        PUBLIC_RULE,
        { ...PUBLIC_RULE, allowPrivate: true, allowedPorts: [port + 1] },
        { ...PUBLIC_RULE, allowPrivate: true, blockedNetworks: ['127.0.0.0/8'] },
        { ...PUBLIC_RULE, allowPrivate: true, allowIPs: false },
        { ...PUBLIC_RULE, allowPrivate: true, allowedDomains: ['db.example'] },
      ]) {
        await assert.rejects(databases.execute({ ...place(), rules: [rule] }, query('select', 'SELECT 1'), [], never), {
          code: 'EGRESS_REFUSED',
          message: /the database may not be at/,
        });
      }
    });
  });
}
