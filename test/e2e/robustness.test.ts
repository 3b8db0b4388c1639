import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { createPlace, type Ended, PERIGEE } from './world.ts';

/** Commands that read, that write, and that start a process. */
const COMMANDS = [
  ['identity', 'list'],
  ['identity', 'create', 'new'],
  ['node', 'create', 'n9'],
] as const;

suite('a home that cannot be used', { concurrency: 4 }, () => {
  const place = createPlace();
  after(async () => {
    full?.unmount();
    await place.close();
  });
  /** A home with something in it, which each test copies. */
  const good = place.home;
  let count = 0;

  before(async () => {
    await place.ok('identity', 'create', 'alice');
    await place.ok('identity', 'create', 'bob', '--vault', 'work');
    await place.ok('node', 'create', 'n1', '--identity', 'alice');
    await place.ok('node', 'stop', 'n1');
  });

  /** A copy of the good home; with the path of its database. */
  const copy = (): { readonly home: string; readonly database: string } => {
    const home = path.join(place.directory, `copy-${count++}`);
    cpSync(good, home, { recursive: true });
    chmodSync(home, 0o700);
    return { home, database: path.join(home, 'database.sqlite3') };
  };
  const runIn = (home: string, ...args: readonly string[]): Promise<Ended> =>
    place.run(args, { env: { PERIGEE_HOME: home } });
  /** The failure is told with its code and with what to do, and nothing else is printed. */
  const fails = ({ code, stdout, stderr }: Ended, expected: string): void => {
    assert.equal(code, 70, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`code: (?:\\w+ ← )*(?:${expected})`));
    assert.match(stderr, /help: /);
    assert.ok(!/^\s+at .*\.ts:\d+/m.test(stderr), `a stack: ${stderr}`);
  };
  const identities = async (home: string): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await runIn(home, 'identity', 'list', '--output', 'json');
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as readonly { readonly name: string }[]).map(({ name }) => name);
  };

  const damages: Readonly<Record<string, readonly [code: string, damage: (file: string) => void]>> = {
    'is no database': ['STORAGE_CORRUPT', (file) => writeFileSync(file, 'this is no database. '.repeat(500))],
    'is empty, although there are nodes': ['STORAGE_CORRUPT', (file) => truncateSync(file, 0)],
    'ends in its first page': ['STORAGE_CORRUPT', (file) => truncateSync(file, 1000)],
    'ends in the middle': ['STORAGE_CORRUPT', (file) => truncateSync(file, statSync(file).size / 2)],
    'has a header that is overwritten': ['STORAGE_CORRUPT', (file) => overwrite(file, 0, 100)],
    'comes from a newer version': ['STORAGE_FROM_FUTURE', (file) => sql(file, 'UPDATE schema_part SET version = 99')],
    'belongs to another program': ['STORAGE_FOREIGN', (file) => sql(file, 'PRAGMA application_id = 7')],
  };
  for (const [what, [code, damage]] of Object.entries(damages)) {
    test(`a database that ${what}`, async () => {
      const { home, database } = copy();
      damage(database);
      const bytes = readFileSync(database);
      for (const command of COMMANDS) fails(await runIn(home, ...command), code);
      assert.deepEqual(readFileSync(database), bytes, 'it stays as it was');
      assert.deepEqual(readdirSync(home).sort(), readdirSync(good).sort(), 'nothing is put beside it');
    });
  }

  test('rows that hold something else', async () => {
    const { home, database } = copy();
    sql(database, "UPDATE named_identity SET identifier = 'nobody' WHERE name = 'alice'");
    fails(await runIn(home, 'identity', 'list'), 'STORAGE_CORRUPT');
    sql(database, "UPDATE identity SET change_history = x'00ff'");
    fails(await runIn(home, 'credential', 'issue', '--for', `I${'a'.repeat(64)}`, '--as', 'bob'), '[A-Z]+_[A-Z_]+');
    sql(database, "UPDATE node SET configuration = '{'");
    for (const verb of ['list', 'start']) fails(await runIn(home, 'node', verb), 'STORAGE_CORRUPT');
  });

  test('a vault file that is damaged, or gone', async () => {
    const { home, database } = copy();
    const file = path.join(home, 'vault-work');
    sql(database, `UPDATE vault SET path = '${file}' WHERE name = 'work'`);
    const issue = (): Promise<Ended> =>
      runIn(home, 'credential', 'issue', '--for', `I${'a'.repeat(64)}`, '--as', 'bob');
    const keys = readFileSync(file);
    const junk = 'nothing of ours, and long enough to be looked at'.repeat(10);
    writeFileSync(file, junk);
    fails(await issue(), 'STORAGE_CORRUPT');
    assert.equal(readFileSync(file, 'utf8'), junk);
    rmSync(file);
    fails(await issue(), 'NODE_VAULT');
    assert.ok(!existsSync(file), 'it is not made anew');
    writeFileSync(file, keys);
    assert.equal((await issue()).code, 0);
    assert.deepEqual(await identities(home), ['alice', 'bob']);
  });

  test('a vault of which the creation did not come to its end is made again, and nothing else is written over', async () => {
    const { home, database } = copy();
    const forget = (): void => sql(database, "DELETE FROM vault WHERE name = 'half'");
    const create = (): Promise<Ended> => runIn(home, 'vault', 'create', 'half');
    const file = path.join(home, 'vault-half');
    assert.equal((await create()).code, 0);
    forget();
    assert.equal((await create()).code, 0);
    // With a key in it, it is somebody's.
    assert.equal((await runIn(home, 'identity', 'create', 'carol', '--vault', 'half')).code, 0);
    forget();
    const keys = readFileSync(file);
    fails(await create(), 'NODE_VAULT');
    assert.deepEqual(readFileSync(file), keys);
    writeFileSync(file, 'a text of mine that is long enough to be looked at');
    fails(await create(), 'STORAGE_CORRUPT');
    cpSync(database, file);
    fails(await create(), 'NODE_VAULT');
  });

  test('a home that is a file, or inside of one', async () => {
    const file = path.join(place.directory, 'file');
    writeFileSync(file, 'mine');
    for (const home of [file, path.join(file, 'home')]) {
      for (const command of COMMANDS) fails(await runIn(home, ...command), 'NODE_HOME');
    }
    assert.equal(readFileSync(file, 'utf8'), 'mine');
  });

  test('a reset takes a damaged home away, and no database of another program', async () => {
    const damaged = copy();
    writeFileSync(damaged.database, 'no database any more '.repeat(100));
    assert.equal((await runIn(damaged.home, 'reset', '--yes')).code, 0);
    assert.deepEqual(await identities(damaged.home), []);
    const foreign = copy();
    sql(foreign.database, 'PRAGMA application_id = 7');
    fails(await runIn(foreign.home, 'reset', '--yes'), 'STORAGE_FOREIGN');
    assert.ok(existsSync(foreign.database));
  });

  test('a database that another process keeps locked: readers go on, a writer waits, then says so', async () => {
    const { home, database } = copy();
    using other = new DatabaseSync(database);
    other.exec('BEGIN IMMEDIATE');
    assert.deepEqual(await identities(home), ['alice', 'bob']);
    fails(await runIn(home, 'identity', 'create', 'new'), 'STORAGE_BUSY');
    other.exec('ROLLBACK');
    assert.deepEqual(await identities(home), ['alice', 'bob']);
    assert.equal((await runIn(home, 'identity', 'create', 'new')).code, 0);
  });

  const isRoot = process.getuid?.() === 0;
  const asSomebody = { skip: process.platform === 'win32' && 'permissions are those of POSIX' };

  test('a folder or a file that may not be written to', asSomebody, async () => {
    // Root may do anything, so somebody else runs the command.
    const folder = mkdtempSync(path.join(tmpdir(), 'perigee-readonly-'));
    try {
      chmodSync(folder, 0o755);
      const home = path.join(folder, 'home');
      cpSync(good, home, { recursive: true });
      const database = path.join(home, 'database.sqlite3');
      const own = (uid: number): void => {
        for (const file of [home, database]) chownSync(file, uid, uid);
      };
      const run = (...args: readonly string[]): Promise<Ended> => runAs(isRoot ? NOBODY : undefined, home, args);
      if (isRoot) own(NOBODY);
      // What is in it, too: the folder of the nodes.
      chmodSync(path.join(home, 'nodes'), 0o500);
      if (isRoot) chownSync(path.join(home, 'nodes'), NOBODY, NOBODY);
      fails(await run('node', 'create', 'n9'), 'NODE_HOME|NODE_START_FAILED');
      if (isRoot) {
        chmodSync(path.join(home, 'nodes'), 0o700);
        chownSync(path.join(home, 'run'), 0, 0);
        const ended = await run('node', 'create', 'n9');
        fails(ended, 'NODE_CONTROL');
        assert.match(ended.stderr, /help: check the owner and the permissions/);
      }
      const { stdout } = await run('node', 'list', '--output', 'json');
      assert.deepEqual(
        (JSON.parse(stdout) as readonly { node_name: string }[]).map(({ node_name: name }) => name),
        ['n1'],
      );
      const bytes = readFileSync(database);
      // The folder is somebody else's, so that its mode cannot be changed back.
      const attempts: readonly (() => void)[] = [
        () => chmodSync(database, 0o400),
        ...(isRoot
          ? [
              () => {
                chmodSync(database, 0o600);
                chownSync(home, 0, 0);
                chmodSync(home, 0o755);
              },
            ]
          : []),
      ];
      for (const attempt of attempts) {
        attempt();
        for (const command of COMMANDS) {
          fails(await run(...command), 'STORAGE_READ_ONLY|STORAGE_CANNOT_OPEN|NODE_HOME');
        }
        assert.deepEqual(readFileSync(database), bytes);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const full = mountTiny(path.join(place.directory, 'full'));

  test('a disk that is full', { skip: full === undefined && 'no file system can be mounted here' }, async () => {
    assert.ok(full !== undefined);
    const home = path.join(full.directory, 'home');
    cpSync(good, home, { recursive: true });
    assert.deepEqual(await identities(home), ['alice', 'bob']);
    full.fill();
    fails(await runIn(home, 'identity', 'create', 'new'), 'STORAGE_FULL');
    fails(await runIn(home, 'vault', 'create', 'more'), 'STORAGE_FULL');
    fails(await runIn(home, 'node', 'create', 'n9', '--identity', 'alice'), 'STORAGE_FULL|NODE_HOME');
    full.free();
    assert.deepEqual(await identities(home), ['alice', 'bob']);
    assert.equal(integrity(path.join(home, 'database.sqlite3')), 'ok');
    assert.equal((await runIn(home, 'identity', 'create', 'new')).code, 0);
  });
});

const NOBODY = 65_534;

/** Runs a command as another user. */
function runAs(uid: number | undefined, home: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [PERIGEE, ...args], {
    cwd: path.dirname(home),
    env: { PATH: process.env['PATH'], HOME: path.dirname(home), PERIGEE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** Changes a database that no process has open, and leaves it as one file. */
function sql(file: string, statement: string): void {
  using database = new DatabaseSync(file);
  database.exec(statement);
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
}

function overwrite(file: string, from: number, length: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, from, from + length);
  writeFileSync(file, bytes);
}

function integrity(file: string): unknown {
  using database = new DatabaseSync(file);
  return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
}

/** A file system of 2 MiB in memory; undefined where none can be mounted. */
function mountTiny(
  directory: string,
):
  | { readonly directory: string; readonly fill: () => void; readonly free: () => void; readonly unmount: () => void }
  | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const filler = path.join(directory, 'filler');
  return {
    directory,
    fill: () => {
      for (const size of [65_536, 4096, 512]) {
        try {
          for (;;) writeFileSync(filler, new Uint8Array(size), { flag: 'a' });
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        }
      }
    },
    free: () => rmSync(filler),
    unmount: () => execFileSync('umount', [directory]),
  };
}
