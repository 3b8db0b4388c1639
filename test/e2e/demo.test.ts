import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, suite, test } from 'node:test';
import { createPlace, until } from './world.ts';

/** Processes that run a part of a demonstration whose home is below `directory`. */
function processesOf(home: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PERIGEE_HOME=${home}`);
      } catch {
        return false;
      }
    });
}

function demoHomes(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('perigee-demo-'));
}

suite('the demonstration', () => {
  const place = createPlace();
  after(place.close);

  test('once: makes a request through all of it and leaves nothing', async () => {
    const before = new Set(demoHomes());
    const { code, stdout, stderr } = await place.run(['demo', '--once', '--sats', '1']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Hello, world!/);
    assert.match(stderr, /answered by the Sat I[0-9a-f]{64}/);
    assert.deepEqual(
      demoHomes().filter((name) => !before.has(name)),
      [],
    );
  });

  test('shows what runs, what to type and what happens, and ends with Ctrl-C', {
    skip: process.platform !== 'linux',
  }, async () => {
    const before = new Set(demoHomes());
    const demo = place.start(['demo', '--sats', '1']);
    const [, url] = await demo.shows(/curl (http:\/\/127\.0\.0\.1:\d+)\//);
    const [, pid] = await demo.shows(/^ +kill -9 (\d+)$/);
    const [, again] = await demo.shows(/^ +PERIGEE_HOME=(\S+) \S+ node start sat-1$/);
    const home = demoHomes().find((name) => !before.has(name));
    assert.ok(home);
    assert.equal(processesOf(`${tmpdir()}/${home}`).length, 3, 'project, gateway, Sat');
    const response = await fetch(`${url}/greet/you`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('x-perigee-sat') ?? '', /^I[0-9a-f]{64}$/);
    assert.match(response.headers.get('x-perigee-request-id') ?? '', /^[0-9a-f-]{36}$/);
    await demo.shows(/200 GET +\/greet\/you +sat-1 +\d/);
    assert.equal((await fetch(`${url}/greet/${'a'.repeat(5000)}`)).status, 200);
    await demo.shows(/200 GET +\/greet\/a{57}… +sat-1 +\d/);
    process.kill(Number(pid), 'SIGKILL');
    await demo.shows(/ sat-1 is lost$/);
    assert.equal((await fetch(`${url}/greet/you`)).status, 503);
    assert.equal((await place.run(['node', 'start', 'sat-1'], { env: { PERIGEE_HOME: `${again}` } })).code, 0);
    await demo.shows(/ sat-1 is back$/);
    assert.equal((await fetch(`${url}/greet/you`)).status, 200);
    demo.child.kill('SIGINT');
    assert.equal((await demo.ended).code, 0);
    assert.deepEqual(processesOf(`${tmpdir()}/${home}`), []);
    assert.ok(!demoHomes().includes(home));
  });

  test('Ctrl-C while it starts takes everything back, and says so', async () => {
    const before = new Set(demoHomes());
    const demo = place.start(['demo', '--sats', '1']);
    await demo.says('Starting the gateway');
    demo.child.kill('SIGINT');
    const { code, stderr } = await demo.ended;
    assert.equal(code, 70);
    assert.match(stderr, /interrupted by SIGINT before it was done[\s\S]*code: CLI_INTERRUPTED/);
    assert.deepEqual(
      demoHomes().filter((name) => !before.has(name)),
      [],
    );
  });

  test('its processes end when it is killed', { skip: process.platform !== 'linux' }, async () => {
    const before = new Set(demoHomes());
    const demo = place.start(['demo', '--sats', '1']);
    await demo.shows(/Everything is up/);
    const home = demoHomes().find((name) => !before.has(name));
    demo.child.kill('SIGKILL');
    await until(async () => (processesOf(`${tmpdir()}/${home}`).length === 0 ? true : undefined), 'no process');
    rmSync(`${tmpdir()}/${home}`, { recursive: true });
  });
});
