import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import { type Database, openDatabase, openHome, type SchemaPart } from '../database/index.ts';
import { SqliteChangeHistoryStore } from './index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'perigee-open-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const newFile = (): string => path.join(folder, String(count++), 'database.sqlite3');
const ALICE = identifierFromBytes(new Uint8Array(32).fill(0xa1));

suite('a database', () => {
  test('is made with its folder, for its owner only', () => {
    const home = path.join(folder, 'new', 'home');
    using database = openHome(home);
    assert.equal(database.path, path.join(home, 'database.sqlite3'));
    database.run("INSERT INTO identity VALUES ('x', x'00')");
    const mode = (file: string): number => statSync(file).mode & 0o777;
    assert.equal(mode(home), 0o700);
    for (const suffix of ['', '-wal', '-shm']) assert.equal(mode(database.path + suffix), 0o600, suffix);
  });

  test('that others could read is closed to them', () => {
    const file = newFile();
    openDatabase(file).close();
    chmodSync(file, 0o644);
    using database = openDatabase(file);
    assert.equal(statSync(database.path).mode & 0o777, 0o600);
  });

  test('keeps what was stored', async () => {
    const file = newFile();
    {
      using database = openDatabase(file);
      await new SqliteChangeHistoryStore(database).replace(ALICE, undefined, Uint8Array.of(1));
    }
    using database = openDatabase(file);
    assert.deepEqual(await new SqliteChangeHistoryStore(database).get(ALICE), Uint8Array.of(1));
    assert.equal(database.get('PRAGMA journal_mode')?.text('journal_mode'), 'wal');
    assert.equal(database.get('PRAGMA synchronous')?.integer('synchronous'), 1);
  });

  test('that is closed says so', async () => {
    const database = openDatabase(newFile());
    database.close();
    database.close();
    await assert.rejects(new SqliteChangeHistoryStore(database).get(ALICE), { code: 'STORAGE_CLOSED' });
  });

  test('cannot be where a file is in the way', () => {
    const file = newFile();
    openDatabase(file).close();
    assert.throws(() => openDatabase(path.join(file, 'database.sqlite3')), { code: 'STORAGE_CANNOT_OPEN' });
    assert.throws(() => openDatabase(path.dirname(file)), { code: 'STORAGE_CANNOT_OPEN' });
  });
});

suite('a database that is not as it should be is refused and left as it is', () => {
  const refused = (file: string, code: string, parts: readonly SchemaPart[] = []): void => {
    const before = readFileSync(file);
    assert.throws(() => openDatabase(file, { parts }), { code });
    assert.deepEqual(readFileSync(file), before);
  };

  test('one from a newer version', () => {
    const file = newFile();
    const part = (...migrations: string[]): SchemaPart => ({ name: 'room', migrations });
    openDatabase(file, {
      parts: [part('CREATE TABLE a (x) STRICT'.replace('x', 'x TEXT'), 'CREATE TABLE b (x TEXT)')],
    }).close();
    refused(file, 'STORAGE_FROM_FUTURE', [part('CREATE TABLE a (x TEXT) STRICT')]);
    openDatabase(file).close();
    {
      using database = openDatabase(file);
      database.run("UPDATE schema_part SET version = 99 WHERE name = 'core'");
    }
    refused(file, 'STORAGE_FROM_FUTURE');
  });

  test('one of another program', () => {
    const file = newFile();
    openDatabase(file).close();
    rmSync(file);
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE identity (identifier TEXT)');
    other.close();
    refused(file, 'STORAGE_FOREIGN');
  });

  test('one that is no database, or cut off, or overwritten in places', () => {
    const file = newFile();
    const database = openDatabase(file);
    for (let i = 0; i < 300; i++) database.run('INSERT INTO identity VALUES (?, ?)', `i${i}`, new Uint8Array(500));
    database.close();
    const good = readFileSync(file);
    writeFileSync(file, 'this is no database, and it is long enough to be looked at');
    refused(file, 'STORAGE_CORRUPT');
    const codes = new Set<unknown>();
    for (let at = 0; at < good.length; at += at < 8192 ? 512 : 16_384) {
      const bad = Buffer.from(good);
      bad.fill(0xff, at, at + 512);
      writeFileSync(file, bad);
      codes.add(
        codeOf(() => {
          using damaged = openDatabase(file);
          damaged.all('SELECT * FROM identity');
        }),
      );
    }
    for (const length of [100, 4096, good.length / 2]) {
      writeFileSync(file, good.subarray(0, length));
      codes.add(
        codeOf(() => {
          using damaged = openDatabase(file);
          damaged.all('SELECT * FROM identity');
        }),
      );
    }
    for (const code of codes) assert.match(String(code), /^(undefined|STORAGE_(CORRUPT|FOREIGN|FAILED|CANNOT_OPEN))$/);
    assert.ok(codes.has('STORAGE_CORRUPT'));
  });

  test('one with columns that hold something else', async () => {
    using database = openDatabase(newFile());
    database.execute('CREATE TABLE loose (a, b)');
    database.run("INSERT INTO loose VALUES ('text', 1.5)");
    const row = database.get('SELECT a, b FROM loose');
    assert.throws(() => row?.integer('a'), { code: 'STORAGE_CORRUPT' });
    assert.throws(() => row?.integer('b'), { code: 'STORAGE_CORRUPT' });
    assert.throws(() => row?.bytes('a'), { code: 'STORAGE_CORRUPT' });
    assert.throws(() => row?.text('absent'), { code: 'STORAGE_CORRUPT' });
    assert.throws(() => row?.parsed('a', JSON.parse), { code: 'STORAGE_CORRUPT' });
  });
});

suite('a full disk', () => {
  test('fails the write, undoes its transaction and loses nothing', async () => {
    using database = openDatabase(newFile());
    const store = new SqliteChangeHistoryStore(database);
    await store.replace(ALICE, undefined, Uint8Array.of(1));
    const pages = database.get('PRAGMA page_count')?.integer('page_count') ?? 0;
    database.get(`PRAGMA max_page_count = ${pages}`);
    const fill = (): void =>
      database.write(() => {
        database.run("INSERT INTO purpose_key VALUES ('first', 'of two', x'00')");
        database.run('INSERT INTO identity VALUES (?, ?)', 'big', new Uint8Array(1_000_000));
      });
    assert.throws(fill, { code: 'STORAGE_FULL' });
    assert.equal(database.get('SELECT 1 FROM purpose_key'), undefined);
    assert.deepEqual(await store.get(ALICE), Uint8Array.of(1));
    database.get('PRAGMA max_page_count = 1000000');
    fill();
    assert.equal(database.get('SELECT kind FROM purpose_key')?.text('kind'), 'of two');
  });

  test('a connection that may only read fails the write', async () => {
    using database = openDatabase(newFile());
    database.execute('PRAGMA query_only = ON');
    await assert.rejects(new SqliteChangeHistoryStore(database).replace(ALICE, undefined, Uint8Array.of(1)), {
      code: 'STORAGE_READ_ONLY',
    });
  });
});

suite('tables of other rooms', () => {
  const first = 'CREATE TABLE thing (name TEXT PRIMARY KEY) STRICT';
  const second = 'ALTER TABLE thing ADD COLUMN size INTEGER';
  const open = (file: string, ...migrations: string[]): Database =>
    openDatabase(file, { parts: [{ name: 'things', migrations }] });

  test('are added, changed step by step, and survive who does not know them', () => {
    const file = newFile();
    openDatabase(file).close();
    const count = (database: Database): number => database.get('PRAGMA user_version')?.integer('user_version') ?? 0;
    let before: number;
    {
      using database = open(file, first);
      database.run("INSERT INTO thing VALUES ('a')");
      before = count(database);
    }
    openDatabase(file).close();
    using database = open(file, first, second);
    database.run("UPDATE thing SET size = 1 WHERE name = 'a'");
    assert.equal(count(database), before + 1);
  });

  test('a migration that fails leaves the database as it was', () => {
    const file = newFile();
    open(file, first).close();
    assert.throws(() => open(file, first, 'CREATE TABLE half (x TEXT); CREATE TABLE thing (x TEXT)'), {
      code: 'STORAGE_FAILED',
    });
    using database = open(file, first, second);
    assert.equal(database.get("SELECT 1 FROM sqlite_schema WHERE name = 'half'"), undefined);
  });
});

suite('a transaction', () => {
  test('happens as a whole or not at all', () => {
    using database = openDatabase(newFile());
    const insert = (name: string): number => database.run("INSERT INTO identity VALUES (?, x'00')", name);
    const failing = (): void =>
      database.write(() => {
        insert('a');
        database.write(() => insert('b'));
        throw new RangeError('enough');
      });
    assert.throws(failing, RangeError);
    assert.equal(database.get('SELECT count(*) AS n FROM identity')?.integer('n'), 0);
    assert.equal(
      database.write(() => insert('c') + insert('d')),
      2,
    );
    assert.equal(database.get('SELECT count(*) AS n FROM identity')?.integer('n'), 2);
    assert.throws(() => insert('c'), { code: 'STORAGE_FAILED' });
  });
});

function codeOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}
