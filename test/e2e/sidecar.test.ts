/** Both ends of a sidecar, each in a home of its own, joined by a project in a third; `commands.md` §8.12. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type EchoService, startEchoService, through } from './echo.ts';
import { createPlace, type Place, until } from './world.ts';

suite('a sidecar', { timeout: 240_000 }, () => {
  const [cloud, behind, near] = [createPlace(), createPlace(), createPlace()];
  let echo: EchoService;

  /** A ticket of the project, in a file of `place`. */
  const ticketFor = async (place: Place, ...flags: string[]): Promise<string> => {
    const file = path.join(place.directory, 'member.ticket');
    writeFileSync(file, await cloud.ok('project', 'ticket', ...flags));
    return file;
  };
  before(async () => {
    echo = await startEchoService();
    await cloud.ok('project', 'create', 'default', 'shop');
  });
  after(async () => {
    await Promise.all([cloud, behind, near].map((place) => place.close()));
    echo.close();
  });

  test('prints its recipe and does nothing when told so', async () => {
    const { code, stdout, stderr } = await near.run([
      'sidecar',
      'secure-relay-inlet',
      'db',
      '--from',
      '15432',
      '--enroll-ticket',
      'a$b.ticket',
      '--dry-run',
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^ {4}ticket: a\$\$b\.ticket\n {4}tcp-inlets:\n {6}db:\n {8}from: 127\.0\.0\.1:15432\n {8}via: db\n {8}to: db\n$/,
    );
    assert.equal(await near.ok('node', 'list'), '[]');
  });

  test('carries bytes from one end to the other', async () => {
    const outlet = await ticketFor(behind, '--relay', 'db');
    await behind.ok('sidecar', 'secure-relay-outlet', 'db', '--to', `${echo.port}`, '--enroll-ticket', outlet);
    const inlet = await ticketFor(near, '-a', 'component=db');
    const at = await near.ok('sidecar', 'secure-relay-inlet', 'db', '--enroll-ticket', inlet);
    const address = /127\.0\.0\.1:\d+/.exec(at)?.[0] ?? '';
    await until(async () => ((await through(address, 'hello')) === 'hello' ? true : undefined), 'an echo');
  });

  test('lets in whose ticket names the service as its component', async () => {
    const [policy] = await behind.json<{ expression: string }[]>('policy', 'list', 'tcp-outlet');
    assert.match(policy?.expression ?? '', /^\(= subject\.component "db"\)$/);
  });

  test('says what is missing', async () => {
    const without = await near.run(['sidecar', 'secure-relay-inlet', 'db']);
    assert.equal(without.code, 64);
    assert.match(without.stderr, /required arguments were not provided:\n {2}--enroll-ticket <PATH>/);
    const nowhere = await near.run(['sidecar', 'secure-relay-outlet', 'db', '--to', '1', '--enroll-ticket', 'nowhere']);
    assert.equal(nowhere.code, 70);
    assert.match(nowhere.stderr, /There is no file "nowhere"[\s\S]*project ticket/);
  });
});
