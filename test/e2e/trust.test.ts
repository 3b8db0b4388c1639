/** Nodes and messages that trust an authority of which no project is known, and what else `node create` takes for scripts; `commands.md` §8.11. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createPlace, type Ended, until } from './world.ts';

interface Shown {
  readonly status: string;
  readonly services: readonly unknown[];
  readonly secure_channel_listeners: readonly { readonly address: { readonly inner: readonly number[] } }[];
}

suite('an authority without a project', { timeout: 120_000 }, () => {
  const place = createPlace();
  /** Identifiers, and the change history of the authority. */
  let [member, other, late, authority, history] = ['', '', '', '', ''];
  const ROUTE = '/node/authority/service/api';

  const send = (...args: string[]): Promise<Ended> =>
    place.run(['message', 'send', 'hi', '--timeout', '500ms', ...args]);
  const passes = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await place.run(['message', 'send', 'hi', ...args]);
    assert.deepEqual([code, stdout], [0, 'hi'], stderr);
  };
  const isRefused = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await send(...args);
    assert.deepEqual([code, stdout], [70, ''], stderr);
  };

  before(async () => {
    member = await place.ok('identity', 'create', 'member');
    other = await place.ok('identity', 'create', 'other');
    late = await place.ok('identity', 'create', 'late');
    const trusted = JSON.stringify({ [member]: { role: 'reader' }, [late]: { role: 'reader' } });
    const create = ['authority', 'create', '-t', '127.0.0.1:0', '--project-identifier', 'p1'];
    await place.ok(...create, '--trusted-identities', trusted);
    authority = await place.ok('identity', 'show', 'authority');
    history = await place.ok('identity', 'show', 'authority', '--full', '--encoding', 'hex');
    const trust = ['--authority-identity', history];
    await place.ok(
      'node',
      'create',
      'asks',
      '--identity',
      'member',
      ...trust,
      '--authority-route',
      ROUTE,
      '--credential-scope',
      'a',
    );
    await place.ok('node', 'create', 'checks', '--identity', 'other', ...trust);
    await place.ok('node', 'create', 'keeps', '--identity', 'other', ...trust, '--credential-scope', 'kept');
  });
  after(place.close);

  /** A credential about `other`, hex. */
  const issued = (): Promise<string> =>
    place.ok(...`credential issue --as authority --for ${other} -a role=reader --encoding hex`.split(' '));

  test('with a route and a scope: the own credential is asked for, and lets in where it counts', async () => {
    await passes('--from', 'asks', '--to', '/node/checks/secure/api/service/echo');
    await place.ok('node', 'stop', 'asks');
    await place.ok('node', 'start', 'asks');
    await passes('--from', 'asks', '--to', '/node/checks/secure/api/service/echo');
  });

  test('alone: credentials of others count, and none is presented', async () => {
    await isRefused('--from', 'checks', '--to', '/node/asks/secure/api/service/echo');
    const given = await issued();
    const open = [
      'secure-channel',
      'create',
      '--from',
      'checks',
      '--to',
      '/node/asks/service/api',
      '--identity',
      'other',
    ];
    const without = await place.ok(...open);
    await isRefused('--from', 'checks', '--to', `${without}/service/echo`);
    const channel = await place.ok(...open, '--credential', given);
    await passes('--from', 'checks', '--to', `${channel}/service/echo`);
    const broken = await place.run([...open, '--credential', given.slice(2)]);
    assert.equal(broken.code, 70);
    assert.match(broken.stderr, /CREDENTIAL_/);
  });

  test('with a scope: the credential that was stored for the node is presented, and none is asked for', async () => {
    const given = await issued();
    await place.ok(
      'credential',
      'store',
      '--at',
      'keeps',
      '--issuer',
      authority,
      '--scope',
      'kept',
      '--credential',
      given,
    );
    await passes('--from', 'keeps', '--to', '/node/asks/secure/api/service/echo');
  });

  test('counts for one message of this process too', async () => {
    const to = ['--to', '/node/checks/secure/api/service/echo', '--identity', 'late'];
    await isRefused(...to);
    const trust = ['--authority-identity', history, '--authority-route', ROUTE, '--credential-scope', 'mine'];
    await passes(...to, ...trust);
    const both = await send(...to, ...trust, '--from', 'asks');
    assert.equal(both.code, 64);
    assert.match(both.stderr, /'--from <NODE>' cannot be used with '--authority-identity <HEX>'/);
  });

  test('is stated in full, or not at all', async () => {
    const nodes = await place.ok('node', 'list');
    const cases: readonly (readonly [line: readonly string[], says: RegExp])[] = [
      [['--project', 'p', '--authority-identity', history], /Both project_name and authority info are provided/],
      [['--authority-route', ROUTE], /Authority address was provided but authority identity is unknown/],
      [['--authority-identity', history, '--authority-route', ROUTE], /but credential scope was not provided/],
      [['--credential-scope', 'x'], /A credential scope was provided but authority identity is unknown/],
      [['--authority-identity', history.slice(0, -2)], /IDENTITY_/],
      [['--authority-identity', history, '--authority-route', '/node/nobody', '--credential-scope', 'x'], /nobody/],
      [['--project', 'nowhere'], /Failed to get project "nowhere"/],
    ];
    for (const [line, says] of cases) {
      const ended = await place.run(['node', 'create', 'no', ...line]);
      assert.equal(ended.code, 70, line.join(' '));
      assert.match(ended.stderr, says);
      assert.match(ended.stderr, /help: /, line.join(' '));
    }
    assert.equal(await place.ok('node', 'list'), nodes);
  });
});

suite('the authority of a project', { timeout: 120_000 }, () => {
  const place = createPlace();
  const device = createPlace();
  after(async () => {
    await device.close();
    await place.close();
  });

  test('can be stated, with how it is reached: another one is not talked to', async () => {
    await place.ok('project', 'create', 'default', 'house');
    const shown = await place.json<Record<string, string>>('project', 'show');
    const [history = '', at = ''] = [shown['authority_identity'], shown['authority_access_address']];
    const route = `/dnsaddr/localhost/tcp/${at.split(':')[1]}/service/api`;
    const ticket = await place.ok(
      '-q',
      'project',
      'ticket',
      '--authority-identity',
      history,
      '--authority-route',
      route,
    );
    const notIt = shown['project_change_history'] ?? '';
    for (const [at, line] of [
      [place, ['project', 'ticket', '--authority-identity', notIt]],
      [device, ['project', 'enroll', ticket, '--authority-identity', notIt]],
    ] as const) {
      const { code, stdout, stderr } = await at.run(line);
      assert.deepEqual([code, stdout], [70, ''], stderr);
      assert.match(stderr, /the authority of the project house is I[0-9a-f]{64}, not I/);
    }
    assert.deepEqual(await device.json('project', 'list'), []);
    await device.ok('project', 'enroll', ticket, '--authority-identity', history);
    await device.ok('project', 'enroll', '--authority-identity', history, '--authority-route', route);
  });

  test('messages of this process go by its project, and as a member of it', async () => {
    await place.ok('node', 'create', 'n1');
    await place.ok('relay', 'create', 'n1', '--to', 'n1');
    const by = '/project/house/service/forward_to_n1/secure/api/service';
    assert.equal(await place.ok('message', 'send', 'far', '--to', `${by}/uppercase`), 'FAR');
    assert.equal(
      await place.ok('message', 'send', 'let in', '--to', `${by}/echo`),
      'let in',
      'echo wants a credential',
    );
    assert.equal(await device.ok('message', 'send', 'far', '--to', `${by}/uppercase`), 'FAR', 'by another member');
    // Whom n1 has seen the credential of is known there until that expires.
    await place.ok('project-member', 'add', await place.ok('identity', 'create', 'late'));
    const near = ['message', 'send', 'near', '--identity', 'late', '--to', '/node/n1/secure/api/service/echo'];
    assert.equal((await place.run([...near, '--timeout', '500ms'])).code, 70, 'as nobody in particular');
    assert.equal(await place.ok(...near, '--project', 'house'), 'near');
    const unknown = await place.run([...near, '--project', 'nowhere']);
    assert.match(unknown.stderr, /Failed to get project "nowhere"/);
    const other = await place.run(['message', 'send', 'x', '--to', '/project/nowhere/service/echo']);
    assert.equal(other.code, 70);
    assert.match(other.stderr, /Failed to get project "nowhere"/);
  });
});

suite('node create, for scripts', { timeout: 120_000 }, () => {
  const place = createPlace();
  after(place.close);
  const show = (name: string): Promise<Shown> => place.json<Shown>('node', 'show', name);
  const listeners = async (name: string): Promise<string[]> =>
    (await show(name)).secure_channel_listeners.map(({ address }) => Buffer.from(address.inner).toString());

  test('starts what a launch configuration says, and none of the default services', async () => {
    await place.ok('node', 'create', 'open');
    const configuration = { startup_services: { secure_channel_listener: { address: 'door' } } };
    await place.ok('node', 'create', 'door', '--launch-configuration', JSON.stringify(configuration));
    for (const again of [false, true]) {
      if (again) {
        await place.ok('node', 'stop', 'door');
        await place.ok('node', 'start', 'door');
      }
      assert.deepEqual([(await show('door')).services, await listeners('door')], [[], ['door']]);
      assert.match(
        await place.ok('secure-channel', 'create', '--from', 'open', '--to', '/node/door/service/door'),
        /^\/service\//,
      );
      const silent = ['message', 'send', 'x', '--timeout', '300ms', '--to', '/node/door/service/uppercase'];
      assert.equal((await place.run(silent)).code, 70);
    }
    const kept = await place.run(['secure-channel-listener', 'delete', 'door', '--at', 'door']);
    assert.match(kept.stderr, /the listener door belongs to the node/);
    const file = path.join(place.directory, 'launch.json');
    writeFileSync(file, '{"startup_services": {"secure_channel_listener": {"disabled": true}}}');
    await place.ok('node', 'create', 'shut', '--launch-config', file);
    assert.deepEqual(await listeners('shut'), []);
    const text = JSON.stringify({ name: 'filed', 'launch-config': readFileSync(file, 'utf8') });
    await place.ok('node', 'create', '--configuration', text);
    assert.deepEqual(await listeners('filed'), [], 'also in a configuration file');
    for (const text of [
      '{"startup": ',
      '{"services":{}}',
      '{"startup_services":{"secure_channel_listener":{"address":"a/b"}}}',
    ]) {
      const { code, stderr } = await place.run(['node', 'create', 'no', '--launch-config', text]);
      assert.equal(code, 70, text);
      assert.match(stderr, /invalid launch configuration|cannot read/);
    }
    assert.doesNotMatch(await place.ok('node', 'list'), /"no"/);
  });

  test('says nothing as a child, and runs until it is told to end', async () => {
    const { child, ended } = place.start(['node', 'create', 'child', '--foreground', '--child-process']);
    await until(
      async () =>
        (await place.run(['node', 'show', 'child', '--jq', '.status'])).stdout.trim() === '"running"' || undefined,
      'the child runs',
    );
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 0, stdout: '', stderr: '' });
    for (const line of [
      ['node', 'create', 'x'],
      ['authority', 'create', 'x', '--project-identifier', 'p', '--trusted-identities', '{}'],
    ]) {
      const behind = await place.run([...line, '--child-process']);
      assert.equal(behind.code, 64);
      assert.match(behind.stderr, /--foreground\n\nUsage: perigee (node|authority) create /);
    }
  });

  test('takes the context of a trace, and has no UDP', async () => {
    await place.ok('node', 'create', 'traced', '--opentelemetry-context', '{"traceparent":"00-0af7-b7ad-01"}');
    for (const text of ['abc', '[]', '{"traceparent":1}', `{"a":"${'b'.repeat(8_192)}"}`]) {
      assert.equal((await place.run(['node', 'create', 'x', '--opentelemetry-context', text])).code, 64);
      const file = JSON.stringify({ name: 'x', opentelemetry_context: text });
      const configured = await place.run(['node', 'create', '--configuration', file]);
      assert.equal(configured.code, 70);
      assert.match(configured.stderr, /'opentelemetry_context' is no context of a trace/);
    }
    for (const flag of ['--udp', '--enable-udp']) {
      const { code, stderr } = await place.run(['node', 'create', 'x', flag]);
      assert.equal(code, 70);
      assert.match(stderr, /UDP is not available[\s\S]*help: .*relay/);
    }
    assert.doesNotMatch(await place.ok('node', 'list'), /"x"/);
  });
});

suite('trying again', { timeout: 120_000 }, () => {
  const place = createPlace();
  after(place.close);

  test('message send does what its flags and the environment say, and gets through when it can', async () => {
    await place.ok('node', 'create', 'n1');
    const quick = ['message', 'send', 'x', '--timeout', '100ms', '--to', '/node/n1/secure/nobody/service/echo'];
    const attempts = (stderr: string): number => stderr.match(/Retrying\.\.\./g)?.length ?? 0;
    assert.equal(attempts((await place.run(quick)).stderr), 0);
    await place.ok('node', 'stop', 'n1');
    const flags = await place.run([...quick, '--retry-count', '3', '--retry-delay', '10ms']);
    assert.deepEqual([flags.code, attempts(flags.stderr)], [70, 2], flags.stderr);
    const env = { PERIGEE_COMMAND_RETRY_COUNT: '2', PERIGEE_COMMAND_RETRY_DELAY: '10ms' };
    assert.equal(attempts((await place.run(quick, { env })).stderr), 1);
    assert.equal(attempts((await place.run([...quick, '--no-retry'], { env })).stderr), 0);
    assert.equal(attempts((await place.run([...quick, '--retry', '1'], { env })).stderr), 0);
    const sending = place.run([
      'message',
      'send',
      'at last',
      '--to',
      '/node/n1/service/echo',
      '--retry-count',
      '1000',
      '--retry-delay',
      '50ms',
    ]);
    await place.ok('node', 'start', 'n1');
    assert.equal((await sending).stdout, 'at last');
    assert.equal((await place.run([...quick, '--retry-delay', 'soon'])).code, 64);
  });

  test('relay create tries again what failed, not what its node goes on trying', async () => {
    await place.ok('node', 'create', 'hub');
    const create = ['relay', 'create', 'r', '--to', 'n1', '--at', 'hub', '--retry-count', '3', '--retry-delay', '10ms'];
    await place.ok('node', 'stop', 'hub');
    const down = await place.run([...create, '--connection-wait', '100ms', '--output', 'json']);
    assert.equal(down.code, 0, down.stderr);
    assert.equal((JSON.parse(down.stdout) as { connection_status: string }).connection_status, 'Down');
    assert.doesNotMatch(down.stderr, /Will retry/);
    const wrong = await place.run([
      'relay',
      'create',
      'r',
      '--to',
      'nobody',
      '--retry-count',
      '3',
      '--retry-delay',
      '10ms',
    ]);
    assert.equal(wrong.code, 70);
    assert.doesNotMatch(wrong.stderr, /Will retry/, 'it would fail again');
    await place.ok('node', 'start', 'hub');
    await until(async () => {
      const [relay] = await place.json<{ connection_status: string }[]>('relay', 'list', '--to', 'n1');
      return relay?.connection_status === 'Up' || undefined;
    }, 'the relay is up');
  });
});
