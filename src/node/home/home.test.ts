import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, suite, test } from 'node:test';
import type { Identifier } from '../../trust/identity/index.ts';
import { ownProcess } from '../process-table/index.ts';
import { type Home, homeDirectory, openHomeAt } from './index.ts';
import { randomName, requireNodeName, requireProjectName } from '../names/index.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'perigee-home-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
let home: Home;
beforeEach(() => {
  home = openHomeAt(path.join(directory, String(count++)));
});

const id = (digit: string): Identifier => `I${digit.repeat(64)}` as Identifier;

suite('a home', () => {
  test('is where the environment says', () => {
    assert.equal(homeDirectory({ PERIGEE_HOME: '/a', OCKAM_HOME: '/b' }), '/a');
    assert.equal(homeDirectory({ PERIGEE_HOME: '', OCKAM_HOME: '/b' }), '/b');
    assert.match(homeDirectory({}), /\.perigee$/);
  });

  test('is for its owner only', () => {
    assert.equal(statSync(home.directory).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(home.directory, 'database.sqlite3')).mode & 0o777, 0o600);
  });

  test('has short paths for sockets, another one for each node', () => {
    const long = home.socketOf('n'.repeat(128));
    assert.equal(long.length, home.socketOf('m').length);
    assert.notEqual(home.socketOf('a'), home.socketOf('b'));
  });
});

suite('names of identities', () => {
  test('stand for one identity each; there is always a default one', () => {
    const { identities } = home;
    assert.equal(identities.default(), undefined);
    assert.deepEqual(identities.add('a', id('1'), 'default'), {
      name: 'a',
      identifier: id('1'),
      vault: 'default',
      isDefault: true,
    });
    assert.equal(identities.add('a', id('2'), 'default').identifier, id('1'), 'who comes second gets the first');
    identities.add('b', id('2'), 'default');
    identities.setDefault('b');
    assert.equal(identities.default()?.name, 'b');
    assert.equal(identities.delete('b'), true);
    assert.equal(identities.default()?.name, 'a');
    assert.equal(identities.delete('b'), false);
  });

  test('are made of two words, or of digits when all words are taken', () => {
    let next = 0;
    const random = (length: number) => new Uint8Array(length).map(() => next++);
    assert.match(
      randomName(random, () => false),
      /^[a-z]+-[a-z]+$/,
    );
    assert.match(
      randomName(random, () => true),
      /^[0-9a-f]{8}$/,
    );
  });
});

suite('nodes', () => {
  const put = (name: string): void =>
    home.nodes.put({ name, kind: 'sat', identity: 'a', configuration: { some: 'thing' } });

  test('are recorded, claimed by one process, released and forgotten', () => {
    put('n');
    assert.deepEqual(home.nodes.get('n'), {
      name: 'n',
      kind: 'sat',
      identity: 'a',
      configuration: { some: 'thing' },
      isDefault: true,
      status: 'stopped',
      process: undefined,
    });
    home.nodes.claim('n');
    assert.deepEqual(home.nodes.get('n').process, ownProcess());
    assert.equal(home.nodes.get('n').status, 'running');
    assert.throws(() => home.nodes.claim('n'), { code: 'NODE_RUNNING' });
    assert.throws(() => put('n'), { code: 'NODE_RUNNING' });
    home.nodes.release('n', { pid: 1 });
    assert.equal(home.nodes.get('n').status, 'running', 'another process cannot release it');
    home.nodes.release('n', process);
    assert.equal(home.nodes.get('n').status, 'stopped');
    put('n');
    home.nodes.delete('n');
    assert.throws(() => home.nodes.get('n'), { code: 'NODE_UNKNOWN' });
  });

  test('whose process is gone, or whose number another one has now, are stopped and can be claimed', () => {
    put('n');
    home.database.run("UPDATE node SET pid = ?, process_started_at = 'long ago'", process.pid);
    assert.equal(home.nodes.get('n').status, 'stopped');
    home.nodes.claim('n');
    assert.equal(home.nodes.get('n').status, 'running');
  });

  test('have a default one as long as there is any', () => {
    assert.throws(() => home.nodes.default(), { code: 'NODE_UNKNOWN' });
    for (const name of ['c', 'a', 'b']) put(name);
    assert.equal(home.nodes.default().name, 'c');
    home.nodes.delete('c');
    assert.equal(home.nodes.default().name, 'a');
    home.nodes.setDefault('b');
    assert.deepEqual(
      home.nodes.list().map(({ name, isDefault }) => [name, isDefault]),
      [
        ['a', false],
        ['b', true],
      ],
    );
    put('b');
    assert.equal(home.nodes.default().name, 'b', 'recorded anew it stays the default');
  });

  test('with something else in their row than there should be are a coded error', () => {
    put('n');
    home.database.run("UPDATE node SET configuration = '{'");
    assert.throws(() => home.nodes.list(), { code: 'STORAGE_CORRUPT' });
  });
});

suite('projects', () => {
  const project = (key: string, name: string) => ({ id: key, name, model: { id: key }, hosted: undefined });

  test('are found by id and name; one with a name that is taken gets a number', () => {
    const { projects } = home;
    assert.equal(projects.put(project('1', 'default')), 'default');
    assert.equal(projects.put(project('2', 'default')), 'default-2');
    assert.equal(
      projects.put({ ...project('1', 'other'), model: { id: '1', more: true } }),
      'default',
      'known by its id',
    );
    assert.deepEqual(projects.get(undefined).model, { id: '1', more: true });
    assert.throws(() => projects.get('none'), { code: 'NODE_UNKNOWN', message: /Failed to get project "none"/ });
    projects.delete('1');
    assert.equal(projects.default()?.id, '2');
  });

  test('that are hosted here keep how they are started, and are claimed by one process', () => {
    const { projects } = home;
    const hosted = { nodeAt: '127.0.0.1:1', authorityAt: '127.0.0.1:2', space: 's', admins: [id('1')] };
    projects.put({ ...project('1', 'p'), hosted });
    projects.put(project('1', 'p'));
    assert.deepEqual(projects.byId('1')?.hosted, hosted, 'also when a ticket tells of it');
    projects.claim('1');
    assert.throws(() => projects.claim('1'), { code: 'NODE_RUNNING' });
    projects.release('1', process);
    assert.equal(projects.byId('1')?.status, 'stopped');
  });
});

test('names that go into paths are checked', () => {
  assert.equal(requireNodeName('a_b-C9'), 'a_b-C9');
  for (const name of ['', 'a/b', '..', 'a b', 'é', 'x'.repeat(129)]) {
    assert.throws(() => requireNodeName(name), { code: 'NODE_INVALID_NAME' }, name);
  }
  assert.equal(requireProjectName('a.b-c_d9'), 'a.b-c_d9');
  for (const name of ['', '-a', 'a-', 'a..b', 'a/b', 'x'.repeat(129)]) {
    assert.throws(() => requireProjectName(name), { code: 'NODE_INVALID_NAME' }, name);
  }
});
