/** Functions that run queries, in every host that a user can start, at a real PostgreSQL. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Client } from 'pg';
import { writeBundle } from '../../src/compute/bundle/index.ts';
import { call, scriptedGuest, take } from '../conformance/script.ts';
import { ACCOUNT, type DatabaseServer, startPostgresql, whyNoPostgresql } from '../support/database-servers.ts';
import { createPlace, logged, type Place, until } from './world.ts';

const QUERIES = [
  { name: 'add', query: 'INSERT INTO notes (text) VALUES ($1)' },
  { name: 'all', query: 'SELECT text FROM notes ORDER BY text' },
];
const BYTES = scriptedGuest({
  choice: 'single',
  scripts: [[call('add_ffi_var', 'text', 'a note'), call('db_exec', 0, 'add'), take, call('db_exec', 1, 'all'), take]],
});
const NOTED = '{"lastInsertID":0,"rowsAffected":0}';

function urlOf(port: number): string {
  return `postgres://${ACCOUNT.user}:${encodeURIComponent(ACCOUNT.password)}@127.0.0.1:${port}/${ACCOUNT.database}`;
}

suite('functions and a database', { skip: whyNoPostgresql }, () => {
  let server: DatabaseServer;
  let client: Client;
  before(async () => {
    server = await startPostgresql();
    client = new Client({ ...ACCOUNT, host: '127.0.0.1', port: server.port });
    await client.connect();
    await client.query('CREATE TABLE notes (text text, written timestamptz DEFAULT now())');
  });
  after(async () => {
    await client.end();
    await server[Symbol.asyncDispose]();
  });

  test('sat run: the connection string comes from the environment, and its failures are explained without it', async () => {
    const place = createPlace();
    try {
      const module = path.join(place.directory, 'notes.wasm');
      writeFileSync(module, BYTES);
      const grants = (rules: object): string => {
        const file = path.join(place.directory, 'grants.json');
        const db = { enabled: true, dbType: 'pgx', connectionString: 'env(DATABASE_URL)', queries: QUERIES, rules };
        writeFileSync(file, JSON.stringify({ db }));
        return file;
      };
      const env = { DATABASE_URL: urlOf(server.port) };
      const run = async (rules: object, ...more: string[]): Promise<{ stdout: string; stderr: string }> => {
        const args = ['sat', 'run', module, '--stdin', '--workers', '1', '--capabilities', grants(rules), ...more];
        const ended = await place.run(args, { env, stdin: '' });
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal(ended.stderr.includes(ACCOUNT.password), false);
        assert.equal(ended.stderr.includes(encodeURIComponent(ACCOUNT.password)), false);
        return ended;
      };
      const local = { allowPrivate: true };
      for (const isolation of ['threads', 'processes']) {
        await client.query('TRUNCATE notes');
        const { stdout } = await run(local, '--env', 'DATABASE_URL', '--isolation', isolation);
        assert.match(stdout, /\{"lastInsertID":0,"rowsAffected":0\}\n\d+\n\[\{"text":"a note"\}\]\n$/, isolation);
      }
      const refused = await run({}, '--env', 'DATABASE_URL');
      assert.match(refused.stdout, /failed to Exec/);
      assert.match(refused.stderr, /the query add failed: EGRESS_REFUSED: .*loopback address 127\.0\.0\.1.*db\.rules/s);
      const unset = await run(local);
      assert.match(unset.stderr, /DATABASE_CONNECTION_STRING: the connection string is empty/);
    } finally {
      await place.close();
    }
  });

  test('the application of the guide, in AssemblyScript', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/functions.md'), 'utf8');
    const section = /^### 3\.1 A database\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
    const block = (language: string): string =>
      new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? '';
    const place = createPlace();
    try {
      await client.query('TRUNCATE notes');
      const folder = path.join(place.directory, 'notes', 'assembly');
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(place.directory, 'Directive.yaml'), block('yaml'));
      writeFileSync(path.join(place.directory, 'notes', '.runnable.yaml'), 'lang: assemblyscript\n');
      writeFileSync(path.join(folder, 'index.ts'), block('ts'));
      await place.ok('app', 'build');
      const { stdout } = await place.run(['app', 'check', 'modules.wasm.zip']);
      assert.match(stdout, /run database queries: add-note \(insert\), notes-like \(select\)/);
      assert.match(stdout, /on a postgresql database from DATABASE_URL at any host/);
      const args = ['sat', 'run', 'modules.wasm.zip', '--stdin', '--workers', '1', '--env', 'DATABASE_URL'];
      const ended = await place.run(args, { env: { DATABASE_URL: urlOf(server.port) }, stdin: 'it\'s % a "note"' });
      assert.equal(ended.code, 0, ended.stderr);
      const [row, ...others] = JSON.parse(ended.stdout) as { text: string; written: string }[];
      assert.deepEqual([row?.text, others], ['it\'s % a "note"', []]);
      assert.match(row?.written ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
    } finally {
      await place.close();
    }
  });

  test('a Sat reaches a database behind a portal when its owner permits it, and not otherwise', async () => {
    const [cloud, beside, near, closed, open] = [
      createPlace(),
      createPlace(),
      createPlace(),
      createPlace(),
      createPlace(),
    ];
    const places: readonly Place[] = [open, closed, near, beside, cloud];
    try {
      await client.query('TRUNCATE notes');
      await cloud.ok('project', 'create', 'default', 'sky');
      await beside.ok('project', 'enroll', await cloud.ok('-q', 'project', 'ticket', '--relay', 'postgres'));
      await beside.ok('tcp-outlet', 'create', '--to', String(server.port));
      await beside.ok('relay', 'create', 'postgres');
      await near.ok('project', 'enroll', await cloud.ok('-q', 'project', 'ticket'));
      const inlet = await near.ok('tcp-inlet', 'create', '--from', '0', '--via', 'postgres');
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(inlet)?.[1]);

      const bundle = path.join(cloud.directory, 'bundle.zip');
      const manifest = JSON.stringify({
        identifier: 'com.example.notes',
        appVersion: 'v1.0.0',
        atmoVersion: 'v0.4.8',
        handlers: [{ type: 'request', method: 'POST', resource: '/notes', steps: [{ fn: 'notes' }] }],
        runnables: [{ name: 'notes', namespace: 'default' }],
        connections: { database: { type: 'postgresql', connectionString: 'env(DATABASE_URL)' } },
        capabilities: { db: { rules: { allowPrivate: true } } },
        queries: QUERIES,
      });
      const modules = [{ namespace: 'default', name: 'notes', bytes: BYTES }];
      writeFileSync(bundle, await writeBundle({ kind: 'directive', manifest, modules, staticFiles: new Map() }));
      const created = await cloud.run(
        ['gateway', 'create', '--bundle', bundle, '--http', '127.0.0.1:0', '--env', 'DATABASE_URL'],
        { env: { DATABASE_URL: urlOf(port) } },
      );
      assert.equal(created.code, 0, created.stderr);
      const { url } = await cloud.json<{ url: string }>('gateway', 'show');
      const ask = (): Promise<string> =>
        until(async () => {
          const response = await fetch(`${url}/notes`, { method: 'POST' });
          const text = await response.text();
          if (response.status !== 503) assert.equal(response.status, 200, text);
          return response.status === 200 ? text : undefined;
        }, 'the Sat to answer');
      const join = async (site: Place, ...more: string[]): Promise<void> => {
        const ticket = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway');
        await site.ok('sat', 'join', ticket, 'sat', '--workers', '1', ...more);
      };

      await join(closed);
      assert.match(await ask(), /capability is not enabled/, 'nobody has permitted it');
      await closed.ok('node', 'stop', 'sat');

      const grant = path.join(open.directory, 'grant.yaml');
      writeFileSync(grant, `db: { enabled: true, rules: { allowPrivate: true, allowedPorts: [${port}] } }\n`);
      await join(open, '--grant', grant, '--isolation', 'processes');
      const answer = await ask();
      assert.ok(answer.includes(NOTED), answer);
      assert.match(answer, /\[\{"text":"a note"\}\]\n$/);
      assert.deepEqual((await client.query('SELECT text FROM notes')).rows, [{ text: 'a note' }]);

      // The portal is taken away: the call fails, the log says why, and nobody's log shows the password.
      await near.ok('tcp-inlet', 'delete', '--all', '--yes');
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'perigee'`);
      assert.match(
        await until(async () => (await ask()).match(/failed to Exec/)?.[0], 'the failure'),
        /failed to Exec/,
      );
      const explained = /the query "?add"? of .*EGRESS_CONNECT_FAILED/;
      await logged(await open.ok('node', 'logs', 'sat'), explained, 10_000);
      for (const log of places.map(({ home }) => textsBelow(home))) {
        assert.equal(log.includes(encodeURIComponent(ACCOUNT.password)), false);
        assert.equal(log.includes(ACCOUNT.password), false);
      }
    } finally {
      for (const place of places) await place.close();
    }
  });
});

/** Everything that is written in a folder, but for the bundle and databases. */
function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => file.includes('log') && statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}
