import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import { openDatabase } from '../database/index.ts';
import { SqliteChangeHistoryStore, SqliteTokenStore } from './index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'perigee-processes-'));
after(() => rmSync(folder, { recursive: true }));

const script = path.join(import.meta.dirname, 'testdata/child.ts');
const counter = identifierFromBytes(new Uint8Array(32));

function start(file: string, task: string, argument = '', uid?: number): ChildProcess {
  return spawn(process.execPath, [script, file, task, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'cache') },
    ...(uid !== undefined && { uid, gid: uid }),
  });
}

/** What the child prints, when it has ended well. */
async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0);
  return text.trim();
}

test('8 processes that make one database at once and write 100 times each lose no write', async () => {
  const file = path.join(folder, 'counted', 'database.sqlite3');
  await Promise.all(Array.from({ length: 8 }, () => output(start(file, 'count', '100'))));
  using database = openDatabase(file);
  const bytes = await new SqliteChangeHistoryStore(database).get(counter);
  assert.equal(bytes && new DataView(bytes.buffer).getUint32(0, true), 800);
  assert.equal(database.get('PRAGMA integrity_check')?.text('integrity_check'), 'ok');
});

test('processes that redeem one token get its uses between them', async () => {
  const file = path.join(folder, 'redeemed', 'database.sqlite3');
  using database = openDatabase(file);
  const codeHash = '00'.repeat(32);
  await new SqliteTokenStore(database, counter).add({
    codeHash,
    issuedBy: counter,
    createdAtSeconds: 0,
    expiresAtSeconds: 1,
    usesLeft: 50,
    attributes: new Map(),
  });
  const used = await Promise.all([1, 2].map(() => output(start(file, 'redeem', codeHash))));
  assert.equal(
    used.map(Number).reduce((sum, one) => sum + one),
    50,
  );
});

test('what a killed process had not committed is gone, and nobody waits for it', async () => {
  const file = path.join(folder, 'killed', 'database.sqlite3');
  const before = Uint8Array.of(1, 2, 3);
  {
    using database = openDatabase(file);
    await new SqliteChangeHistoryStore(database).replace(counter, undefined, before);
  }
  const child = start(file, 'hang');
  await once(child.stdout ?? child, 'data');
  {
    using database = openDatabase(file, { busyTimeoutMs: 50 });
    const store = new SqliteChangeHistoryStore(database);
    assert.deepEqual(await store.get(counter), before, 'readers do not wait');
    await assert.rejects(store.delete(counter), { code: 'STORAGE_BUSY' });
  }
  child.kill('SIGKILL');
  await once(child, 'close');
  using database = openDatabase(file, { busyTimeoutMs: 50 });
  const store = new SqliteChangeHistoryStore(database);
  assert.deepEqual(await store.get(counter), before);
  assert.equal(database.get('SELECT 1 FROM purpose_key'), undefined);
  assert.equal(await store.replace(counter, before, Uint8Array.of(4)), true);
  assert.equal(database.get('PRAGMA integrity_check')?.text('integrity_check'), 'ok');
});

const nobody = 65_534;
const mayBecomeNobody = process.getuid?.() === 0;
const readable = { skip: mayBecomeNobody ? false : 'only root can run a process as somebody else' };

test('a database that may not be written to is refused and stays as it was', readable, async () => {
  // Its own folder, because those above it must let the other user through.
  const home = path.join(folder, 'readonly');
  const file = path.join(home, 'database.sqlite3');
  openDatabase(file).close();
  chmodSync(folder, 0o755);
  chmodSync(home, 0o755);
  chmodSync(file, 0o644);
  const { mtimeMs } = statSync(file);
  assert.equal(await output(start(file, 'write', '', nobody)), 'STORAGE_READ_ONLY');
  // The file may be written to, but no log can be put beside it.
  chmodSync(file, 0o600);
  chownSync(file, nobody, nobody);
  assert.match(await output(start(file, 'write', '', nobody)), /^STORAGE_(CANNOT_OPEN|READ_ONLY)$/);
  assert.equal(statSync(file).mtimeMs, mtimeMs);
});
