/** What the processes of `processes.test.ts` do: `child.ts <database> <task> [<argument>]`. */
import { identifierFromBytes } from '../../../trust/identity/index.ts';
import { openDatabase, StorageError } from '../../database/index.ts';
import { SqliteChangeHistoryStore, SqliteTokenStore } from '../index.ts';

const [file = '', task = '', argument = ''] = process.argv.slice(2);
const counter = identifierFromBytes(new Uint8Array(32));

switch (task) {
  /** Adds 1 to a shared number, so many times, by compare and replace and by transactions in turn. */
  case 'count': {
    const database = openDatabase(file);
    const store = new SqliteChangeHistoryStore(database);
    for (let left = Number(argument); left > 0; ) {
      const before = await store.get(counter);
      const after = new Uint8Array(new Uint32Array([number(before) + 1]).buffer);
      if (left % 2 === 0) {
        if (await store.replace(counter, before, after)) left--;
      } else {
        database.write(() => {
          const row = database.get('SELECT change_history AS n FROM identity WHERE identifier = ?', counter);
          const next = new Uint8Array(new Uint32Array([number(row?.bytes('n')) + 1]).buffer);
          database.run('INSERT OR REPLACE INTO identity VALUES (?, ?)', counter, next);
        });
        left--;
      }
    }
    database.close();
    break;
  }
  /** Uses a token as often as it can; says how often that was. */
  case 'redeem': {
    const database = openDatabase(file);
    const store = new SqliteTokenStore(database, counter);
    let used = 0;
    for (let i = 0; i < 100; i++) if ((await store.use(argument, 0)) !== undefined) used++;
    console.log(used);
    database.close();
    break;
  }
  /** Begins a transaction, says so, and never ends it. */
  case 'hang': {
    const database = openDatabase(file);
    database.execute('BEGIN IMMEDIATE');
    database.run('INSERT OR REPLACE INTO identity VALUES (?, ?)', counter, Uint8Array.of(9, 9, 9, 9));
    database.run("INSERT INTO purpose_key VALUES ('half', 'done', x'00')");
    console.log('begun');
    setInterval(() => undefined, 1000);
    break;
  }
  /** Opens the database and writes; says the code of what went wrong. */
  default:
    try {
      using database = openDatabase(file);
      database.run('INSERT OR REPLACE INTO identity VALUES (?, ?)', counter, Uint8Array.of(1));
      console.log('written');
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      console.log(error.code);
    }
}

function number(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
