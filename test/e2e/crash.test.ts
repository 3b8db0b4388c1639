import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, suite, test } from 'node:test';
import { createPlace, until } from './world.ts';

suite('processes that are killed', { concurrency: 1 }, () => {
  const place = createPlace();
  after(place.close);
  const database = path.join(place.home, 'database.sqlite3');
  const integrity = (): unknown => {
    using open = new DatabaseSync(database);
    return open.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  };
  const outlets = async (): Promise<readonly string[]> => {
    const rows = await place.json<readonly { readonly from: string }[]>('tcp-outlet', 'list', '--at', 'n1');
    return rows.map(({ from }) => from.replace('/service/', ''));
  };

  test('commands, at any moment: what they said they did is there, the rest not in part', async () => {
    await place.ok('identity', 'create', 'base');
    const done: string[] = ['base'];
    // Spread over the life of a command, which is some 150 ms: before it opens the database, in between, and when it has ended.
    await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const { child, ended } = place.start(['identity', 'create', `k${i}`, '--vault', `v${i % 6}`]);
        const timer = setTimeout(() => child.kill('SIGKILL'), 40 + 25 * i);
        const { code } = await ended;
        clearTimeout(timer);
        if (code === 0) done.push(`k${i}`);
      }),
    );
    assert.equal(integrity(), 'ok');
    const listed = await place.json<readonly { readonly name: string; readonly vault_name: string }[]>(
      'identity',
      'list',
    );
    const names = listed.map(({ name }) => name);
    for (const name of done) assert.ok(names.includes(name), `${name} was created and is not there`);
    // Also one that was there before its command was killed has its key.
    for (const name of names) await place.ok('credential', 'issue', '--for', `I${'a'.repeat(64)}`, '--as', name);
    // A vault of which the file was being made can be made again.
    for (let i = 0; i < 6; i++) await place.ok('identity', 'create', `again${i}`, '--vault', `v${i}`);
    const stray = readdirSync(place.home).filter(
      (name) => !/^(database\.sqlite3(-wal|-shm)?|run|nodes|vault-v\d(-wal|-shm)?)$/.test(name),
    );
    assert.deepEqual(stray, []);
  });

  test('a node, while it is being changed: it starts again with everything that was confirmed', async () => {
    await place.ok('node', 'create', 'n1', '--identity', 'base');
    const { pid } = await place.json<{ readonly pid: number }>('node', 'show', 'n1');
    const confirmed: string[] = [];
    const creating = Array.from({ length: 12 }, async (_, i) => {
      const { code } = await place.run(['tcp-outlet', 'create', '--at', 'n1', '--from', `o${i}`, '--to', '5000']);
      if (code === 0) confirmed.push(`o${i}`);
      // In the midst of the others.
      if (confirmed.length === 4) process.kill(pid, 'SIGKILL');
    });
    await Promise.allSettled(creating);
    assert.ok(confirmed.length >= 4);
    assert.equal(integrity(), 'ok');
    await until(async () => {
      const { status } = await place.json<{ readonly status: string }>('node', 'show', 'n1');
      return status === 'running' ? undefined : status;
    }, 'the node is known to be gone');
    await place.ok('node', 'start', 'n1');
    const there = await outlets();
    for (const name of confirmed) assert.ok(there.includes(name), `${name} was confirmed and is not there`);
    await place.ok('tcp-outlet', 'create', '--at', 'n1', '--from', 'after', '--to', '5000');
  });
});
