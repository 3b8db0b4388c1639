/** Members that an identity provider vouches for, by the commands; `commands.md` §9.9. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missingOpenssl } from '../support/certificate.ts';
import { startIdentityProvider, type TestProvider } from '../support/identity-provider.ts';
import { createPlace } from './world.ts';

suite('an identity provider', {
  timeout: 120_000,
  skip: missingOpenssl(),
}, () => {
  const [cloud, laptop] = [createPlace(), createPlace()];
  let provider: TestProvider;
  let certificate = '';
  const configure = (...more: string[]): string[] => {
    const line = `project addon configure okta --project shop --tenant ${provider.tenant} --client-id c1 -a department`;
    return [...line.split(' '), '--cert-path', certificate, ...more];
  };

  before(async () => {
    provider = await startIdentityProvider();
    certificate = path.join(cloud.directory, 'provider.pem');
    writeFileSync(certificate, provider.certificate);
    await cloud.ok('project', 'create', 'default', 'shop');
  });
  after(async () => {
    await Promise.all([cloud.close(), laptop.close()]);
    await provider.close();
  });

  /** What the provider does for whoever asks with this access token. */
  const signsIn = (accessToken: string, user: Record<string, unknown>): void => {
    const started = {
      device_code: 'd3vice',
      user_code: 'ABCD-EFGH',
      verification_uri: 'https://localhost/activate',
      expires_in: 60,
      interval: 0.05,
    };
    provider.answers.set('/v1/device/authorize', { status: 200, body: started });
    provider.answers.set('/v1/token', { status: 200, body: { access_token: accessToken } });
    provider.answers.set('/v1/userinfo', { status: 200, body: user });
  };

  test('is an add-on of a project', async () => {
    assert.deepEqual(await cloud.json('project', 'addon', 'list', '--project', 'shop'), []);
    const made = await cloud.run(configure());
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /✔ Okta addon configured successfully/);
    assert.deepEqual(await cloud.json('project', 'addon', 'list', '--project', 'shop'), [
      { id: 'okta', enabled: true, description: `Members sign in at ${provider.tenant}` },
    ]);
    const { okta_config: told, running } = await cloud.json<Record<string, unknown>>('project', 'show', 'shop');
    assert.equal(running, true);
    assert.deepEqual(told, {
      attributes: ['department'],
      certificate: provider.certificate,
      client_id: 'c1',
      tenant_base_url: provider.tenant,
    });
  });

  test('makes a member of who signs in, with the attributes that it tells', async () => {
    const file = path.join(laptop.directory, 'shop.json');
    writeFileSync(file, await cloud.ok('project', 'show', 'shop', '--output', 'json'));
    await laptop.ok('project', 'import', '--project-file', file);
    signsIn('t0ken', { department: 'lab', email: 'anna@b.c' });
    const { code, stdout, stderr } = await laptop.run(['project', 'enroll', '--okta', '--output', 'json']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Sign in at https:\/\/localhost\/activate\n {4}and enter the code ABCD-EFGH\n/);
    const { credential } = JSON.parse(stdout) as { credential: { attributes: Record<string, string> } };
    assert.equal(credential.attributes['department'], 'lab');
    assert.equal(credential.attributes['email'], undefined, 'what is not configured is not taken');
    assert.doesNotMatch(stdout + stderr, /t0ken|d3vice/);
    const asked = provider.requests.filter(({ path: at }) => at === '/v1/userinfo');
    assert.deepEqual(
      asked.map(({ bearer }) => bearer),
      ['Bearer t0ken'],
    );
  });

  test('makes no member of who is declined there, nor of who cannot be found', async () => {
    const stranger = createPlace();
    try {
      const file = path.join(laptop.directory, 'shop.json');
      await stranger.ok('project', 'import', '--project-file', file);
      signsIn('another', {});
      provider.answers.set('/v1/token', { status: 400, body: { error: 'access_denied' } });
      const declined = await stranger.run(['project', 'enroll', '--okta']);
      assert.deepEqual([declined.code, declined.stdout], [70, '']);
      assert.match(declined.stderr, /the sign-in was declined[\s\S]*NODE_PROVIDER/);
      signsIn('another', {});
      provider.answers.set('/v1/userinfo', { status: 401, body: {} });
      const forbidden = await stranger.run(['project', 'enroll', '--okta', '--retry-count', '0']);
      assert.deepEqual([forbidden.code, forbidden.stdout], [70, '']);
      assert.match(forbidden.stderr, /the authority refused/);
    } finally {
      await stranger.close();
    }
  });

  test('is refused when it would make enrollers, and the project goes on as it was', async () => {
    const { code, stderr } = await cloud.run(configure('-a', 'ockam-role'));
    assert.equal(code, 70);
    assert.match(stderr, /cannot say who has the attribute "ockam-role"/);
    assert.equal((await cloud.json<unknown[]>('project', 'addon', 'list', '--project', 'shop')).length, 1);
  });

  test('is there after the project was stopped and started, until it is disabled', async () => {
    await cloud.ok('project', 'stop', 'shop');
    await cloud.ok('project', 'start', 'shop');
    signsIn('t0ken2', { department: 'office' });
    type Enrolled = { credential: { attributes: Record<string, string> } };
    const again = await laptop.json<Enrolled>('project', 'enroll', '--okta', '--output', 'json');
    assert.equal(again.credential.attributes['department'], 'office');
    await cloud.ok('project', 'addon', 'disable', '--project', 'shop', '--addon', 'okta');
    assert.deepEqual(await cloud.json('project', 'addon', 'list', '--project', 'shop'), []);
    const { okta_config: told } = await cloud.json<Record<string, unknown>>('project', 'show', 'shop');
    assert.equal(told, undefined);
    const gone = await cloud.run(['project', 'addon', 'disable', '--project', 'shop', '--addon', 'okta']);
    assert.equal(gone.code, 70);
    assert.match(gone.stderr, /has no add-on "okta"/);
  });

  test('lets a sidecar enroll', async () => {
    await cloud.ok(...configure());
    signsIn('t0ken3', { department: 'lab' });
    const line = ['sidecar', 'secure-relay-inlet', 'db', '--okta', '--output', 'json'];
    const { code, stdout, stderr } = await laptop.run(line);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /✔ Enrolled in the project shop/);
    assert.match(stdout, /"status": "Down"/, 'there is no relay of that name');
  });

  test('is given to an authority by flags, all three of them', async () => {
    const base = [
      'authority',
      'create',
      'other',
      '-t',
      '127.0.0.1:0',
      '--project-identifier',
      'p2',
      '--trusted-identities',
      '{}',
    ];
    const some = await cloud.run([...base, '--tenant-base-url', provider.tenant]);
    assert.equal(some.code, 64);
    assert.match(some.stderr, /not provided:\n {2}--certificate <PEM>\n {2}--attributes <NAME>/);
    const all = ['--tenant-base-url', provider.tenant, '--certificate', provider.certificate, '--attributes', 'email'];
    const made = await cloud.run([...base, ...all]);
    assert.equal(made.code, 0, made.stderr);
  });
});
