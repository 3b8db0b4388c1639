/** Portals between two nodes of one home, typed as users type them; `portal.md`, `commands.md` §8.5. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type EchoService, echoes, startEchoService, through } from './echo.ts';
import { createPlace, logged, until } from './world.ts';

interface Inlet {
  readonly alias: string;
  readonly bind_addr: string;
  readonly outlet_addr: string;
  readonly outlet_route: string | null;
  readonly status: 'Up' | 'Down';
}
interface Outlet {
  readonly from: string;
  readonly to: string;
}

const ROUTE = '/node/far/secure/api/service/outlet';

suite('a portal', { timeout: 240_000 }, () => {
  const place = createPlace();
  let echo: EchoService;
  let target = '';
  /** Of both nodes: they have the identity of the home. */
  let identifier = '';
  let inlet: Inlet;

  const inlets = (): Promise<Inlet[]> => place.json<Inlet[]>('tcp-inlet', 'list', '--at', 'near');
  const outlets = (): Promise<Outlet[]> => place.json<Outlet[]>('tcp-outlet', 'list', '--at', 'far');

  before(async () => {
    echo = await startEchoService();
    target = `127.0.0.1:${echo.port}`;
    // At this level the log has each message that a control denied.
    const far = await place.run(['node', 'create', 'far', '--output', 'json'], { env: { PERIGEE_LOG_LEVEL: 'debug' } });
    assert.equal(far.code, 0, far.stderr);
    ({ identifier } = JSON.parse(far.stdout) as { identifier: string });
    await place.ok('node', 'create', 'near');
  });
  after(async () => {
    await place.close();
    echo.close();
  });

  test('brings bytes to the service and back, in both directions at once', async () => {
    assert.equal(await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target), '/service/outlet');
    inlet = await place.json<Inlet>(
      'tcp-inlet',
      'create',
      '--at',
      'near',
      '--to',
      ROUTE,
      '--alias',
      'echo',
      '--output',
      'json',
    );
    assert.equal(inlet.status, 'Up');
    assert.match(inlet.bind_addr, /^127\.0\.0\.1:[1-9]\d*$/, 'the port that was taken');
    assert.match(inlet.outlet_route ?? '', /^0#[0-9a-f]{32} => 0#outlet$/);
    assert.equal(await through(inlet.bind_addr, 'hello'), 'hello');
    const much = 'all work and no play '.repeat(50_000);
    const all = await Promise.all([1, 2, 3, 4].map((i) => through(inlet.bind_addr, `${i}${much}`)));
    all.forEach((back, i) => assert.ok(back === `${i + 1}${much}`, `connection ${i + 1}: ${back.length} bytes`));
  });

  test('is listed and shown', async () => {
    assert.deepEqual(await outlets(), [{ from: '/service/outlet', to: target }]);
    assert.deepEqual(await inlets(), [inlet]);
    assert.deepEqual(await place.json('tcp-inlet', 'show', 'echo', '--at', 'near'), inlet);
    const unnamed = await place.run(['tcp-outlet', 'show', '--at', 'far']);
    assert.deepEqual([unnamed.code, unnamed.stdout], [70, '']);
    assert.match(unnamed.stderr, /× No TCP Outlet alias provided/);
    assert.deepEqual(await place.json('tcp-outlet', 'show', 'outlet', '--at', 'far'), {
      node_name: 'far',
      to: target,
      worker_address: '/service/outlet',
    });
    assert.deepEqual(await place.json('tcp-inlet', 'list', '--at', 'far'), []);
  });

  test('also without a channel, where nobody has to prove who it is', async () => {
    const plain = await place.ok(
      'tcp-inlet',
      'create',
      '--at',
      'near',
      '--to',
      '/node/far/service/outlet',
      '--alias',
      'plain',
    );
    assert.equal(await through(plain, 'hello'), 'hello');
    await place.ok('tcp-inlet', 'delete', 'plain', '--at', 'near', '--yes');
    assert.equal(await through(plain, 'hello'), '', 'a deleted inlet has no port');
  });

  test('leads only to whom --authorized names', async () => {
    const create = ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--output', 'json', '--connection-wait'];
    const right = await place.json<Inlet>(...create, '10s', '--authorized', identifier, '--alias', 'right');
    assert.equal(right.status, 'Up');
    assert.equal(await through(right.bind_addr, 'hello'), 'hello');
    const other = `I${'ab'.repeat(32)}`;
    const wrong = await place.json<Inlet>(...create, '1s', '--authorized', other, '--alias', 'wrong');
    assert.deepEqual([wrong.status, wrong.outlet_route], ['Down', null]);
    await place.ok('tcp-inlet', 'delete', 'right', '--at', 'near', '--yes');
    await place.ok('tcp-inlet', 'delete', 'wrong', '--at', 'near', '--yes');
  });

  test('takes a policy of its own, which goes with it', async () => {
    const denied = ['--from', 'closed', '--allow', `(= subject.identifier "I${'cd'.repeat(32)}")`];
    assert.equal(await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, ...denied), '/service/closed');
    const route = '/node/far/secure/api/service/closed';
    const at = await place.ok(
      'tcp-inlet',
      'create',
      '--at',
      'near',
      '--to',
      route,
      '--alias',
      'to-closed',
      '--connection-wait',
      '1s',
    );
    const waiting = through(at, 'hello');
    await logged(await place.ok('node', 'logs', 'far'), /a message was not delivered: .*incoming-denied/);
    await place.ok('tcp-outlet', 'delete', 'closed', '--at', 'far', '--yes');
    await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, '--from', 'closed');
    await echoes(at);
    await place.ok('tcp-inlet', 'delete', 'to-closed', '--at', 'near', '--yes');
    assert.equal(await waiting, '', 'who is not allowed gets nothing');
    assert.equal(await place.ok('tcp-outlet', 'delete', 'closed', '--at', 'far', '--yes'), 'closed');
  });

  test('that is refused because its name is taken leaves the policy of who has the name', async () => {
    const first = ['--allow', '(= subject.component "db")'];
    await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, '--from', 'owned', ...first);
    const policies = (): Promise<unknown> => place.json('policy', 'list', '--at', 'far');
    const before = await policies();
    const second = ['--to', '1', '--from', 'owned', '--allow', 'anybody'];
    assert.equal((await place.run(['tcp-outlet', 'create', '--at', 'far', ...second])).code, 70);
    assert.deepEqual(await policies(), before);
    await place.ok('tcp-outlet', 'delete', 'owned', '--at', 'far', '--yes');
    assert.deepEqual(await policies(), [], 'it goes with its owner');
    assert.equal((await place.run(['tcp-outlet', 'create', '--at', 'far', ...second, '--from', 'api'])).code, 64);
    assert.equal(
      (await place.run(['tcp-outlet', 'create', '--at', 'far', '--to', '1', '--from', 'api', '--allow', 'a'])).code,
      70,
    );
    assert.deepEqual(await policies(), [], 'nothing is left of what was refused');
  });

  test('with --allow has the name that it has without, and no name is without its policy', async () => {
    await place.ok('node', 'create', 'third');
    const create = ['tcp-outlet', 'create', '--at', 'third', '--to', target] as const;
    const ofName = (resource: string, attribute: string): unknown => ({
      action: 'handle_message',
      expression: `(= subject.${attribute} "true")`,
      resource,
    });
    const policies = (): Promise<unknown> => place.json('policy', 'list', '--at', 'third');
    assert.equal(await place.ok(...create, '--expression', 'a'), '/service/outlet');
    assert.deepEqual(await policies(), [ofName('outlet', 'a')]);
    const second = await place.ok(...create, '--allow', 'b');
    assert.match(second, /^\/service\/[a-z]+-[a-z]+$/);
    assert.deepEqual(
      new Set((await policies()) as unknown[]),
      new Set([ofName('outlet', 'a'), ofName(second.slice('/service/'.length), 'b')]),
    );
    await place.ok('node', 'delete', 'third', '--yes');
  });

  test('of one name is made once by two commands at once', async () => {
    const create = ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--alias', 'twin'];
    const both = await Promise.all([place.run(create), place.run(create)]);
    assert.deepEqual([both[0]?.code, both[1]?.code], [0, 0], both.map(({ stderr }) => stderr).join());
    assert.equal(both[0]?.stdout, both[1]?.stdout, 'the second one gets what the first one made');
    assert.equal((await inlets()).filter(({ alias }) => alias === 'twin').length, 1);
    await place.ok('tcp-inlet', 'delete', 'twin', '--at', 'near', '--yes');
    assert.equal(await through(both[0]?.stdout ?? '', 'hello'), '', 'nobody listens any more');
  });

  test('is asked for again while the node does not answer, unless that is not wanted', async () => {
    const pid = await pidOf('near');
    const create = ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--alias', 'late', '--timeout', '1s'];
    process.kill(pid, 'SIGSTOP');
    try {
      const once = await place.run([...create, '--no-connection-wait', '--retry-wait', '0']);
      assert.equal(once.code, 70);
      assert.match(once.stderr, /Failed to create TCP inlet[\s\S]*no answer within 1000 ms/);
      const patient = place.start([...create, '--no-connection-wait', '--retry-wait', '100ms']);
      await patient.says('Will retry in 1 seconds');
      process.kill(pid, 'SIGCONT');
      const { code, stdout, stderr } = await patient.ended;
      assert.equal(code, 0, stderr);
      assert.equal(await through(stdout, 'hello'), 'hello');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await place.ok('tcp-inlet', 'delete', 'late', '--at', 'near', '--yes');
  });

  test('of a kind that there is not is refused, whatever it is called', async () => {
    for (const [flags, said] of [
      [['--udp'], /UDP portals are not available/],
      [['--enable-udp-puncture'], /UDP portals are not available/],
      [['--no-tcp-fallback'], /UDP portals are not available/],
      [['--disable-tcp-fallback'], /UDP portals are not available/],
      [['--tls'], /speak TLS to applications are not available/],
      [['--tls-certificate-provider', '/service/tls'], /speak TLS to applications are not available/],
    ] as const) {
      const ended = await place.run(['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, ...flags]);
      assert.equal(ended.code, 70, flags.join(' '));
      assert.match(ended.stderr, said);
    }
    assert.deepEqual(await inlets(), [inlet]);
  });

  test('that is asked for wrongly leaves an empty home empty', async () => {
    const empty = createPlace();
    try {
      for (const line of [
        ['tcp-inlet', 'create'],
        ['tcp-inlet', 'create', '--to', '/node/nobody/service/outlet'],
        ['tcp-inlet', 'create', '--to', ROUTE, '--authorized', 'me'],
        ['relay', 'create', 'r', '--at', '/node/nobody'],
        ['relay', 'create', 'r', '--at', '/nothing/of/that/kind'],
      ]) {
        const { code } = await empty.run(line);
        assert.ok(code === 64 || code === 70, line.join(' '));
      }
      assert.deepEqual(await empty.json('node', 'list'), []);
      assert.deepEqual(await empty.json('identity', 'list'), []);
    } finally {
      await empty.close();
    }
  });

  test('made again as it is, is the one there is; made otherwise, it is refused and stays', async () => {
    const same = ['--at', 'near', '--to', ROUTE, '--alias', 'echo', '--from', inlet.bind_addr];
    assert.equal(await place.ok('tcp-inlet', 'create', ...same), inlet.bind_addr);
    assert.equal(
      await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, '--from', 'outlet'),
      '/service/outlet',
    );
    const cases: readonly (readonly [line: readonly string[], expected: RegExp, code?: number])[] = [
      [
        ['tcp-outlet', 'create', '--at', 'far', '--to', '1', '--from', 'outlet'],
        /outlet with address 'outlet' already exists/,
      ],
      [
        ['tcp-outlet', 'create', '--at', 'far', '--to', '1', '--from', 'api'],
        /outlet with address 'api' already exists/,
      ],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', '/node/far/service/x', '--alias', 'echo'],
        /Bad request when creating an inlet[\s\S]*'echo' already exists/,
      ],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--from', inlet.bind_addr],
        /Another process is already listening on port \d+!/,
      ],
      [['tcp-inlet', 'create', '--at', 'near', '--to', '/node/far/secure/api'], /does not end at an outlet/],
      [['tcp-inlet', 'create', '--at', 'near', '--to', '/node/nowhere/service/outlet'], /nowhere/],
      [['tcp-inlet', 'create', '--at', 'near'], /invalid value '' for 'to' : No projects found/, 64],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--via', 'blue'],
        /'via' can't be passed if 'to' is a route/,
        64,
      ],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--alias', 'a:b'],
        /an alias must not contain ':' characters/,
        64,
      ],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', 'far/echo'],
        /for '--to <ROUTE>': .*unknown protocol[\s\S]*\n\nUsage: /,
        64,
      ],
      [
        ['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--authorized', 'me'],
        /Invalid identity identifier: me/,
        64,
      ],
      [['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--from', 'x:y'], /x:y/, 64],
      [['tcp-inlet', 'create', '--at', 'near', '--to', ROUTE, '--allow', '(= a'], /--allow/, 64],
      [['tcp-outlet', 'create', '--at', 'far'], /--to/, 64],
      [['tcp-outlet', 'create', '--at', 'far', '--to', '127.0.0.1:99999'], /99999/, 64],
      [['tcp-outlet', 'create', '--at', 'nowhere', '--to', '1'], /nowhere/],
      [['tcp-outlet', 'delete', 'nowhere', '--at', 'far', '--yes'], /nowhere/],
      [['tcp-inlet', 'show', 'nowhere', '--at', 'near'], /The TCP inlet nowhere was not found/],
      [['tcp-outlet', 'show', 'nowhere', '--at', 'far'], /The TCP outlet nowhere was not found/],
    ];
    for (const [line, expected, code = 70] of cases) {
      const ended = await place.run(line);
      assert.equal(ended.code, code, `${line.join(' ')}: ${ended.stdout}${ended.stderr}`);
      assert.match(ended.stderr, expected, line.join(' '));
    }
    assert.deepEqual(await outlets(), [{ from: '/service/outlet', to: target }]);
    assert.deepEqual(await inlets(), [inlet]);
    assert.equal(await through(inlet.bind_addr, 'hello'), 'hello');
  });

  test('that cannot reach its outlet is made, says so, and works as soon as there is one', async () => {
    const route = '/node/far/secure/api/service/later';
    const made = await place.json<Inlet>(
      'tcp-inlet',
      'create',
      '--at',
      'near',
      '--to',
      route,
      '--alias',
      'later',
      '--no-connection-wait',
      '--output',
      'json',
    );
    assert.deepEqual([made.status, made.outlet_route], ['Down', null]);
    assert.equal(
      await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, '--from', 'later'),
      '/service/later',
    );
    await echoes(made.bind_addr);
    await place.ok('tcp-outlet', 'delete', 'later', '--at', 'far', '--yes');
    await place.ok('tcp-inlet', 'delete', 'later', '--at', 'near', '--yes');
  });

  for (const [how, end] of [
    ['stopped', (node: string) => place.ok('node', 'stop', node)],
    ['killed', async (node: string) => process.kill(await pidOf(node), 'SIGKILL')],
  ] as const) {
    for (const nodes of [['near'], ['far'], ['near', 'far']]) {
      test(`comes back where it was when ${nodes.join(' and ')} ${nodes.length === 1 ? 'is' : 'are'} ${how}`, async () => {
        for (const node of nodes) await end(node);
        if (nodes.length === 1 && nodes[0] === 'near') assert.equal(await through(inlet.bind_addr, 'hello'), '');
        for (const node of nodes) {
          await until(async () => ((await pidOf(node)) === 0 ? true : undefined), `${node} is gone`);
          await place.ok('node', 'start', node);
        }
        await echoes(inlet.bind_addr);
        const [back, ...more] = await inlets();
        assert.deepEqual(more, []);
        assert.deepEqual(
          [back?.alias, back?.bind_addr, back?.outlet_addr],
          ['echo', inlet.bind_addr, inlet.outlet_addr],
        );
        assert.deepEqual(await outlets(), [{ from: '/service/outlet', to: target }]);
        const again = ['--at', 'near', '--to', ROUTE, '--alias', 'echo', '--from', inlet.bind_addr];
        assert.equal(await place.ok('tcp-inlet', 'create', ...again), inlet.bind_addr);
        assert.equal(
          await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target, '--from', 'outlet'),
          '/service/outlet',
        );
      });
    }
  }

  test('goes with --all, and does not come back', async () => {
    const unsure = await place.run(['tcp-outlet', 'delete', 'outlet', '--at', 'far']);
    assert.equal(unsure.code, 70, 'not without confirmation');
    await place.ok('tcp-outlet', 'create', '--at', 'far', '--to', target);
    assert.equal((await outlets()).length, 2, 'a second one gets a name of its own');
    await place.ok('tcp-outlet', 'delete', '--all', '--yes', '--at', 'far');
    await place.ok('tcp-inlet', 'delete', '--all', '--yes', '--at', 'near');
    assert.equal(await through(inlet.bind_addr, 'hello'), '');
    for (const node of ['far', 'near']) {
      await place.ok('node', 'stop', node);
      await place.ok('node', 'start', node);
    }
    assert.deepEqual([await outlets(), await inlets()], [[], []]);
  });

  async function pidOf(node: string): Promise<number> {
    const listed = await place.json<{ node_name: string; pid: number | null }[]>('node', 'list');
    return listed.find(({ node_name: name }) => name === node)?.pid ?? 0;
  }
});
