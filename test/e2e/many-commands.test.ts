// As many commands as `PERIGEE_MANY_COMMANDS` says, 200 unless set, on one home: PERIGEE_MANY_COMMANDS=1000 for the full run.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

const COMMANDS = Number(process.env['PERIGEE_MANY_COMMANDS'] ?? 200);
/** How many of them run at a time. */
const AT_A_TIME = 32;

/** What is to be there in the end, by kind. */
class Expected {
  readonly identities = new Set<string>(['base']);
  readonly vaults = new Set<string>(['default']);
  readonly outlets = new Set<string>();
  readonly policies = new Set<string>();
}

/** A command, and what it changes. */
interface Step {
  readonly args: readonly string[];
  readonly done?: (expected: Expected) => void;
}

/** The commands of one of those who work at the same time: each has things of its own, made and deleted in turn. */
function* stepsOf(worker: number): Generator<Step> {
  for (let round = 0; ; round++) {
    const name = `w${worker}r${round}`;
    // In the order of the kinds, so that each round deletes a part of what it made.
    yield { args: ['identity', 'create', name], done: ({ identities }) => identities.add(name) };
    yield {
      args: ['tcp-outlet', 'create', '--at', 'n1', '--from', name, '--to', '5000'],
      done: (e) => e.outlets.add(name),
    };
    yield { args: ['node', 'list'] };
    yield {
      args: ['policy', 'create', '--at', 'n1', '--resource', name, '--allow', 'a'],
      done: (e) => e.policies.add(name),
    };
    yield { args: ['vault', 'create', name], done: ({ vaults }) => vaults.add(name) };
    yield { args: ['identity', 'list', '--output', 'json'] };
    if (round % 2 === 1) continue;
    yield { args: ['identity', 'delete', name, '--yes'], done: ({ identities }) => identities.delete(name) };
    // Before its outlet, with which it would go.
    yield { args: ['policy', 'delete', name, '--at', 'n1', '--yes'], done: ({ policies }) => policies.delete(name) };
    yield { args: ['tcp-outlet', 'delete', name, '--at', 'n1', '--yes'], done: ({ outlets }) => outlets.delete(name) };
    yield { args: ['vault', 'delete', name, '--yes'], done: ({ vaults }) => vaults.delete(name) };
  }
}

suite(`${COMMANDS} commands on one home, ${AT_A_TIME} at a time`, () => {
  const place = createPlace();
  after(place.close);

  test('leave it consistent: what was created is there, what was deleted is gone', async (context) => {
    assert.ok(Number.isInteger(COMMANDS) && COMMANDS > 0, 'PERIGEE_MANY_COMMANDS is a number');
    await place.ok('identity', 'create', 'base');
    await place.ok('node', 'create', 'n1', '--identity', 'base');
    const expected = new Expected();
    const failures: string[] = [];
    const startedAt = performance.now();
    let left = COMMANDS;
    const work = async (worker: number): Promise<void> => {
      for (const { args, done } of stepsOf(worker)) {
        if (left-- <= 0) return;
        const { code, stderr } = await place.run(args);
        if (code === 0) done?.(expected);
        else failures.push(`perigee ${args.join(' ')} ended with ${code}: ${stderr}`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, worker) => work(worker)));
    context.diagnostic(`${COMMANDS} commands took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    assert.deepEqual(failures, []);

    const check = async (): Promise<void> => {
      const names = async (...args: readonly string[]): Promise<readonly string[]> => {
        const rows = await place.json<readonly Row[]>(...args, '--output', 'json');
        return rows.map(nameIn).sort();
      };
      assert.deepEqual(await names('identity', 'list'), [...expected.identities].sort());
      assert.deepEqual(await names('vault', 'list'), [...expected.vaults].sort());
      assert.deepEqual(await names('tcp-outlet', 'list', '--at', 'n1'), [...expected.outlets].sort());
      assert.deepEqual(await names('policy', 'list', '--at', 'n1'), [...expected.policies].sort());
    };
    await check();
    // The same from what was recorded.
    await place.ok('node', 'stop', 'n1');
    await place.ok('node', 'start', 'n1');
    await check();
    await place.ok('node', 'stop', 'n1');

    const vaultFiles = [...expected.vaults].filter((name) => name !== 'default').map((name) => `vault-${name}`);
    assert.deepEqual(readdirSync(place.home).sort(), ['database.sqlite3', 'nodes', 'run', ...vaultFiles].sort());
    assert.deepEqual(readdirSync(path.join(place.home, 'nodes')), ['n1']);
    assert.deepEqual(readdirSync(path.join(place.home, 'run')), [], 'no socket is left');
    using database = new DatabaseSync(path.join(place.home, 'database.sqlite3'));
    const all = (sql: string): readonly unknown[] =>
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)[0]);
    assert.deepEqual(all('PRAGMA integrity_check'), ['ok']);
    assert.deepEqual(all('SELECT name FROM named_identity WHERE is_default = 1'), ['base']);
    assert.deepEqual(all('SELECT name FROM vault WHERE is_default = 1'), ['default']);
    const orphans = 'SELECT identifier FROM identity WHERE identifier NOT IN (SELECT identifier FROM named_identity)';
    assert.deepEqual(all(orphans), [], 'every history has a name');
    const [secrets] = all("SELECT count(*) FROM secret WHERE algorithm = 'ed25519'");
    assert.equal(secrets, expected.identities.size, 'every identity has its key, and there is no other');
  });
});

interface Row {
  readonly name?: string;
  readonly vault?: { readonly name: string };
  readonly resource?: string;
  readonly from?: string;
}

/** The name in a row of a list, whatever the kind. */
function nameIn({ name, vault, resource, from }: Row): string {
  return name ?? vault?.name ?? resource ?? (from ?? '').replace('/service/', '');
}
