import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { makeCertificate, missingOpenssl } from '../../../test/support/certificate.ts';
import { startIdentityProvider, type TestProvider } from '../../../test/support/identity-provider.ts';
import { checkProvider, identityProviderAt, signInByDevice } from './index.ts';

suite('an identity provider', { skip: missingOpenssl() }, () => {
  let provider: TestProvider;
  before(async () => {
    provider = await startIdentityProvider();
  });
  after(() => provider.close());
  beforeEach(() => {
    provider.answers.clear();
    provider.requests.length = 0;
  });
  const address = () => ({ tenantBaseUrl: provider.tenant, certificate: provider.certificate });

  suite('tells an authority who somebody is', () => {
    const attributesOf = (attributes: readonly string[], certificate = provider.certificate) =>
      identityProviderAt({ ...address(), certificate, attributes }).attributesOf('t0ken');

    test('by the names that are configured, where the value is a text', async () => {
      const body = { email: 'a@b.c', department: 'lab', level: 3, groups: ['x'], 'ockam-role': 'enroller' };
      provider.answers.set('/v1/userinfo', { status: 200, body });
      const told = await attributesOf(['email', 'level', 'groups', 'department', 'nothing', 'toString']);
      assert.deepEqual(
        [...(told ?? [])],
        [
          ['email', 'a@b.c'],
          ['department', 'lab'],
        ],
      );
      assert.deepEqual(
        provider.requests.map(({ path, bearer }) => [path, bearer]),
        [['/v1/userinfo', 'Bearer t0ken']],
      );
    });

    test('nothing of a token that it does not take', async () => {
      for (const status of [401, 403]) {
        provider.answers.set('/v1/userinfo', { status, body: {} });
        assert.equal(await attributesOf(['email']), undefined);
      }
    });

    test('and fails with any other answer, without the token in its words', async () => {
      const bodies = [
        { status: 500, body: {} },
        { status: 302, body: {} },
        { status: 200, body: 'no JSON' },
        { status: 200, body: [] },
        { status: 200, body: 'x'.repeat(70_000) },
      ];
      for (const answer of bodies) {
        provider.answers.set('/v1/userinfo', answer);
        await assert.rejects(attributesOf(['email']), (error: Error) => {
          assert.equal((error as Error & { code?: string }).code, 'NODE_PROVIDER');
          assert.doesNotMatch(`${error.message}${String(error.cause)}`, /t0ken/);
          return true;
        });
      }
    });

    test('only with the certificate that is configured', async () => {
      provider.answers.set('/v1/userinfo', { status: 200, body: { email: 'a@b.c' } });
      await assert.rejects(attributesOf(['email'], makeCertificate().certificate), { code: 'NODE_PROVIDER' });
      assert.deepEqual(provider.requests, [], 'no token left this machine');
    });
  });

  suite('lets somebody sign in on another device', () => {
    const started = {
      device_code: 'd3vice',
      user_code: 'ABCD-EFGH',
      verification_uri: 'https://localhost/activate',
      expires_in: 30,
      interval: 7,
    };
    /** Signs in without waiting; how long it would have waited each time. */
    const signIn = async (tokens: readonly { status: number; body: unknown }[], start: unknown = started) => {
      const left = [...tokens];
      provider.answers.set('/v1/device/authorize', { status: 200, body: start });
      provider.answers.set('/v1/token', () => left.shift() ?? { status: 500, body: {} });
      const pauses: number[] = [];
      const prompts: unknown[] = [];
      const { signal } = new AbortController();
      const token = await signInByDevice(
        { ...address(), clientId: 'c1' },
        { signal, prompt: (prompt) => prompts.push(prompt), pause: (ms) => Promise.resolve(pauses.push(ms)) },
      );
      return { token, pauses, prompts };
    };
    const pending = { status: 400, body: { error: 'authorization_pending' } };

    test('and asks until that has happened, less often when told so', async () => {
      const slower = { status: 400, body: { error: 'slow_down' } };
      const done = { status: 200, body: { access_token: 't0ken', token_type: 'Bearer' } };
      const { token, pauses, prompts } = await signIn([pending, slower, done]);
      assert.equal(token, 't0ken');
      assert.deepEqual(pauses, [7000, 7000, 12_000]);
      assert.deepEqual(prompts, [
        { address: 'https://localhost/activate', code: 'ABCD-EFGH', completeAddress: undefined },
      ]);
      const [first, second] = provider.requests;
      assert.deepEqual(Object.fromEntries(first?.form ?? []), { client_id: 'c1', scope: 'openid profile email' });
      assert.deepEqual(Object.fromEntries(second?.form ?? []), {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: 'd3vice',
        client_id: 'c1',
      });
    });

    test('and gives up when nobody does, or somebody declines', async () => {
      await assert.rejects(signIn([pending, pending, pending, pending, pending]), /before the code expired/);
      await assert.rejects(signIn([pending, { status: 400, body: { error: 'access_denied' } }]), /declined/);
      await assert.rejects(signIn([{ status: 400, body: { error: 'expired_token' } }]), /before the code expired/);
      await assert.rejects(signIn([{ status: 503, body: 'down' }]), /answered 503/);
    });

    test('but believes no answer that is not whole', async () => {
      const wrong = [
        { ...started, device_code: undefined },
        { ...started, user_code: 'two words' },
        { ...started, verification_uri: 'http://localhost/activate' },
        { ...started, verification_uri_complete: 'javascript:alert(1)' },
        { ...started, interval: -1 },
        { ...started, expires_in: 'soon' },
        [],
        'no JSON',
      ];
      for (const start of wrong) await assert.rejects(signIn([], start), { code: 'NODE_PROVIDER' });
      const noToken = { status: 200, body: { access_token: 'two words' } };
      await assert.rejects(signIn([noToken]), { code: 'NODE_PROVIDER' });
    });

    test('until it is interrupted', async () => {
      provider.answers.set('/v1/device/authorize', { status: 200, body: started });
      const interrupt = new AbortController();
      const reason = new Error('Ctrl-C');
      const attempt = signInByDevice(
        { ...address(), clientId: 'c1' },
        { signal: interrupt.signal, prompt: () => interrupt.abort(reason) },
      );
      await assert.rejects(attempt, (error: Error) => error === reason || error.cause === reason);
    });
  });

  test('is checked before it is recorded', () => {
    const right = { ...address(), attributes: ['email'] };
    assert.equal(
      checkProvider({ ...right, tenantBaseUrl: 'https://a.example/x//' }).tenantBaseUrl,
      'https://a.example/x',
    );
    const wrong = [
      { tenantBaseUrl: 'http://a.example' },
      { tenantBaseUrl: 'https://user:word@a.example' },
      { tenantBaseUrl: 'https://a.example/?x=1' },
      { tenantBaseUrl: 'somewhere' },
      { certificate: 'no PEM' },
      { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      { attributes: [] },
      { attributes: ['ockam-role'] },
      { attributes: ['trust_context_id'] },
      { attributes: ['two words'] },
      { attributes: Array.from({ length: 65 }, (_, i) => `a${i}`) },
    ];
    for (const part of wrong) assert.throws(() => checkProvider({ ...right, ...part }), { code: 'NODE_INPUT' });
  });
});
