/** Database servers of this machine's packages, each with data of its own in a temporary folder, on a free port of the loopback. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** A database server that runs. */
export interface DatabaseServer extends AsyncDisposable {
  readonly port: number;
}

/** The account and database that every server has. The password needs escapes in a URI, and quotes in SQL. */
export const ACCOUNT = { user: 'app', password: "p@ss/w:o'rd", database: 'shop' } as const;

const MARIADBD = '/usr/sbin/mariadbd';
const SYSTEM_TABLES = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql'];

/** What a server that speaks TLS shows. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Folder of PostgreSQL's server programs, the newest that is installed. */
export function postgresqlPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => path.join(root, version, 'bin')).find((bin) => existsSync(path.join(bin, 'initdb')));
}

/** Whether MariaDB's server is installed. */
export function hasMariadb(): boolean {
  return existsSync(MARIADBD);
}

/** Why there can be no PostgreSQL here; undefined when there can. */
export const whyNoPostgresql: string | false =
  postgresqlPrograms() === undefined ? 'PostgreSQL must be installed' : false;

/** Why there can be no MariaDB here. */
export const whyNoMariadb: string | false = hasMariadb() ? false : 'MariaDB must be installed';

/** These servers do not run as root. */
function unprivileged(user: string): { readonly prefix: readonly string[]; readonly own: (file: string) => void } {
  if (userInfo().uid !== 0) return { prefix: [], own: () => undefined };
  return { prefix: ['runuser', '-u', user, '--'], own: (file) => execFileSync('chown', ['-R', user, file]) };
}

function run(command: readonly string[]): void {
  const [program = '', ...words] = command;
  execFileSync(program, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function keepCertificate(folder: string, { certificate, key }: ServerCertificate): { cert: string; key: string } {
  const kept = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  copyFileSync(certificate, kept.cert);
  copyFileSync(key, kept.key);
  chmodSync(kept.key, 0o600);
  return kept;
}

/** Starts PostgreSQL, with TLS when there is a certificate for it. */
export async function startPostgresql(tls?: ServerCertificate): Promise<DatabaseServer> {
  const bin = postgresqlPrograms() ?? '';
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-postgresql-'));
  const data = path.join(folder, 'data');
  const { prefix, own } = unprivileged('postgres');
  const postgres = (program: string, ...words: string[]): void => run([...prefix, path.join(bin, program), ...words]);
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, ACCOUNT.password);
  const certificate = tls && keepCertificate(folder, tls);
  own(folder);
  postgres('initdb', '-U', ACCOUNT.user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '-D', data);
  const port = await freePort();
  const settings = [`-k ${folder}`, `-p ${port}`, '-c listen_addresses=127.0.0.1', '-c fsync=off'];
  if (certificate !== undefined) {
    settings.push('-c ssl=on', `-c ssl_cert_file=${certificate.cert}`, `-c ssl_key_file=${certificate.key}`);
  }
  postgres('pg_ctl', '-D', data, '-o', settings.join(' '), '-l', path.join(folder, 'log'), '-w', 'start');
  execFileSync(
    path.join(bin, 'createdb'),
    ['-h', '127.0.0.1', '-p', String(port), '-U', ACCOUNT.user, ACCOUNT.database],
    {
      env: { ...process.env, PGPASSWORD: ACCOUNT.password },
    },
  );
  return {
    port,
    [Symbol.asyncDispose]: () => {
      postgres('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Starts MariaDB, with TLS when there is a certificate for it. */
export async function startMariadb(tls?: ServerCertificate): Promise<DatabaseServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-mariadb-'));
  const data = path.join(folder, 'data');
  const { prefix, own } = unprivileged('nobody');
  mkdirSync(data);
  const certificate = tls && keepCertificate(folder, tls);
  const initFile = path.join(folder, 'init.sql');
  const { user, password, database } = ACCOUNT;
  const account = `'${user}'@'127.0.0.1'`;
  writeFileSync(
    initFile,
    [
      `CREATE DATABASE ${database};`,
      `CREATE USER ${account} IDENTIFIED BY '${password.replaceAll("'", "''")}';`,
      `GRANT ALL ON ${database}.* TO ${account};`,
      `GRANT PROCESS ON *.* TO ${account};`,
    ].join('\n'),
  );
  own(folder);
  const [program, ...before] = [...prefix, MARIADBD];
  execFileSync(program, [...before, '--no-defaults', '--bootstrap', `--datadir=${data}`, '--log-warnings=0'], {
    cwd: '/',
    // What the package's own script does, without the tables of help texts.
    input: [
      'create database mysql;',
      'use mysql;',
      'set @auth_root_socket = null;',
      ...SYSTEM_TABLES.map((name) => readFileSync(path.join('/usr/share/mysql', name), 'utf8')),
    ].join('\n'),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const port = await freePort();
  const words = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${path.join(folder, 'socket')}`,
    `--pid-file=${path.join(folder, 'pid')}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-networking=0',
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=0',
    `--init-file=${initFile}`,
  ];
  if (certificate !== undefined) words.push(`--ssl-cert=${certificate.cert}`, `--ssl-key=${certificate.key}`);
  const child = spawn(program, [...before, ...words], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  let log = '';
  const ready = new Promise<void>((resolve) => {
    child.stderr.on('data', (text: Buffer) => {
      log += String(text);
      if (log.includes('ready for connections')) resolve();
    });
  });
  await Promise.race([
    ready,
    ended.then(() => {
      throw new Error(`mariadbd ended: ${log}`);
    }),
  ]);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
