/**
 * A database behind one router, an application behind another, a portal between them, set up by what a user types on each host.
 *
 * ```
 *   cloud        203.0.113.10   project: authority :4001, relay service :4000
 *   database     192.168.1.2    PostgreSQL on the loopback, outlet, relay `postgres`; behind a router that lets nothing in
 *   application  192.168.2.2    inlet on the loopback, psql; behind a router that lets nothing in
 * ```
 *
 * Shown: psql works; what it sends and gets cannot be read on any link; the database's side reaches nothing at the application's.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { PERIGEE } from '../e2e/world.ts';
import { type Host, NetworkLab, whyNoLab } from '../support/network-lab.ts';

const SECRET = 'a-row-that-nobody-on-the-way-may-read';
const programs = postgresPrograms();

/** Types a command line at a host; words are split at blanks. */
const perigee = (host: Host, line: string): string =>
  host.run(process.execPath, [PERIGEE, ...line.split(' ')], { timeoutMs: 120_000 }).trim();

const query = (host: Host, port: number, sql: string): string =>
  host.run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-Atqc', sql]).trim();

/** Folder of PostgreSQL's server programs, the newest that is installed. */
function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => path.join(root, version, 'bin')).find((bin) => existsSync(path.join(bin, 'initdb')));
}

/** PostgreSQL on the loopback of `host`, with data of its own; it takes no connections from elsewhere and speaks no TLS. */
function startPostgres(host: Host, bin: string): Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-postgres-'));
  const data = path.join(folder, 'data');
  const asPostgres = (program: string, ...args: string[]): string =>
    host.run('runuser', ['-u', 'postgres', '--', path.join(bin, program), ...args]);
  host.run('chown', ['postgres', folder]);
  asPostgres('initdb', '-A', 'trust', '-D', data);
  const options = `-k ${folder} -p 5432 -c listen_addresses=127.0.0.1`;
  asPostgres('pg_ctl', '-D', data, '-o', options, '-l', path.join(folder, 'log'), '-w', 'start');
  return {
    [Symbol.dispose]: () => {
      asPostgres('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

suite('a portal in network namespaces', {
  skip: whyNoLab() ?? (programs === undefined ? 'PostgreSQL must be installed' : false),
  timeout: 300_000,
}, () => {
  test('psql reaches a database behind another router, and the cloud between them reads nothing', async () => {
    using lab = new NetworkLab();
    const cloud = lab.host('cloud');
    const [database, application] = [lab.site('db'), lab.site('app')];
    using _postgres = startPostgres(database, programs ?? '');

    const node = `--listener-address 0.0.0.0:4000 --public-address ${cloud.address}:4000`;
    const authority = `--authority-listener-address 0.0.0.0:4001 --authority-public-address ${cloud.address}:4001`;
    perigee(cloud, `project create default net ${node} ${authority}`);
    const recording = await Promise.all([cloud, database, application].map((host) => host.capture()));

    perigee(database, `project enroll ${perigee(cloud, 'project ticket --relay postgres')}`);
    assert.equal(perigee(database, 'tcp-outlet create --to 5432'), '/service/outlet');
    assert.equal(perigee(database, 'relay create postgres'), '/service/forward_to_postgres');
    perigee(application, `project enroll ${perigee(cloud, 'project ticket')}`);
    assert.equal(perigee(application, 'tcp-inlet create --from 15432 --via postgres'), '127.0.0.1:15432');

    query(application, 15_432, `create table notes (text text); insert into notes values ('${SECRET}')`);
    assert.equal(query(application, 15_432, 'select text from notes'), SECRET);
    const rows = query(application, 15_432, `select '${SECRET}' || i from generate_series(1, 20000) as i`).split('\n');
    assert.deepEqual([rows.length, rows[0], rows.at(-1)], [20_000, `${SECRET}1`, `${SECRET}20000`]);
    assert.equal(query(database, 5432, 'select count(*) from notes'), '1', 'it is that database');

    const captures = await Promise.all(recording.map((end) => end()));
    for (const [i, capture] of captures.entries()) {
      assert.ok(
        capture.length > 20_000 * SECRET.length,
        `capture ${i} of ${capture.length} bytes has not seen the rows`,
      );
      const bytes = Buffer.from(capture.buffer, capture.byteOffset, capture.byteLength);
      for (const text of [SECRET, 'insert into', 'server_version']) {
        assert.equal(bytes.includes(text), false, `capture ${i} shows ${text}`);
      }
    }
    assertOneWay(cloud, database, application);
  });
});

/** The portal leads from the application to the database's port, and nowhere else. */
function assertOneWay(cloud: Host, database: Host, application: Host): void {
  for (const [from, to, port] of [
    [database, application, 15_432],
    [cloud, application, 15_432],
    [application, database, 5432],
    [cloud, database, 5432],
  ] as const) {
    const { status } = from.attempt('curl', ['-s', '--max-time', '2', `telnet://${to.address}:${port}`]);
    assert.ok(status === 7 || status === 28, `${from.name} reaches ${to.name}: curl ended with ${status}`);
  }
  const listening = application.run('ss', ['-Hltn']).trim().split('\n');
  for (const line of listening)
    assert.match(line, /\s127\.0\.0\.1:\d+\s/, 'the application listens on its loopback only');
  const back = 'tcp-inlet create --from 0 --via application --connection-wait 2s --output json';
  assert.equal((JSON.parse(perigee(database, back)) as { status: string }).status, 'Down', 'nothing leads back');
}
