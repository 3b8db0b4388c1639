import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../test/support/guests.ts';
import { type LocalServer, scriptedResolver, serve } from '../../test/support/egress-world.ts';
import { parseCapabilities } from '../compute/capability/index.ts';
import { directDialer, EgressClient } from '../compute/egress/index.ts';
import { assemble } from './application.ts';
import { runApplication, type RunningApplication, type TextAnswer } from './testdata/running.ts';

/** An application whose function `probe` does what `?do=…` says. */
const APPLICATION = fileURLToPath(new URL('testdata/sdk', import.meta.url));

suite('the guest library for AssemblyScript', () => {
  let server: LocalServer;
  let egress: EgressClient;
  let app: RunningApplication;

  before(async () => {
    const { bundle, report } = await assemble(APPLICATION, {});
    assert.deepEqual(report.findings, []);
    assert.ok(bundle);
    server = await serve((request, response) => {
      if (request.url === '/error') response.writeHead(418).end('short and stout');
      else response.end(`${request.method} answered`);
    });
    const { resolver } = scriptedResolver({ 'granted.example': [{ addresses: ['127.0.0.1'] }] });
    egress = new EgressClient({ dialer: directDialer({ resolver }), clock: realClock });
    app = await runApplication(bundle, {
      grants: grantsFor(server.port),
      egress,
      secrets: { KEY: 'sécret', OTHER: 'x' },
    });
  });

  after(async () => {
    await app[Symbol.asyncDispose]();
    await egress[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const probe = (what: string, more: { body?: string; headers?: Record<string, string> } = {}): Promise<TextAnswer> =>
    app.request('POST', `/probe/p%C3%A4ram?do=${what}`, more);
  const textOf = async (what: string, body = ''): Promise<string> => {
    const { status, text } = await probe(what, { body });
    assert.equal(status, 200, text);
    return text;
  };

  test('reads every field of a request', async () => {
    const { text } = await probe('fields&%C3%A9=%F0%9F%9B%B0', { body: 'bödy', headers: { 'x-test': 'header' } });
    const url = '/probe/p%C3%A4ram?do=fields&%C3%A9=%F0%9F%9B%B0';
    assert.deepEqual(text.split('|'), [
      'POST',
      url,
      '36',
      'bödy',
      '5',
      'header',
      '',
      'päram',
      '',
      '🛰',
      '',
      '',
      '',
      '0',
    ]);
  });

  test('changes every field for later steps', async () => {
    const { text } = await app.request('POST', '/change/x?do=fields', { body: 'one', headers: { 'x-test': 'y' } });
    assert.deepEqual(text.split('|'), [
      'PATCH',
      '/elsewhere?do=fields&%C3%A9=changed',
      '36',
      'another body',
      '12',
      'another header',
      '',
      'another param',
      '',
      'changed',
      '',
      'output',
      'behind',
      '0',
    ]);
  });

  test('reads members of a JSON body, and says why it cannot', async () => {
    assert.equal(await textOf('member', '{"name":"Ada"}'), 'ok Ada ');
    assert.match(await textOf('member', '{"name":1}'), /^no fallback .*not a string$/);
    assert.match(await textOf('member', 'Ada'), /^no fallback .*not a JSON object$/);
  });

  test('returns bytes and buffers', async () => {
    assert.equal((await app.request('POST', '/bytes', { body: 'abc' })).text, 'cba');
    assert.equal((await app.request('POST', '/bytes')).text, '');
    assert.equal((await app.request('POST', '/buffer', { body: 'é' })).text, 'É');
  });

  test('sets response headers', async () => {
    const { headers } = await probe('headers');
    assert.deepEqual(headers, { 'content-type': 'text/x-probe', 'x-one': 'second' });
  });

  test('reads static files', async () => {
    assert.equal(await textOf('file&name=deep/file.txt'), 'ok a static file: é\n ');
    assert.equal(await textOf('file&name=/deep/file.txt'), 'ok a static file: é\n ');
    assert.equal(await textOf('file&name=deep'), 'no fallback file does not exist');
  });

  test('reads the secrets it was granted, and nothing of the others', async () => {
    assert.equal(await textOf('secret&name=KEY'), '<sécret>');
    assert.equal(await textOf('secret&name=OTHER'), '<>');
  });

  test('keeps values in the cache', async () => {
    assert.equal(await textOf('cache'), 'no fallback key not found|true|true|välue|0,255,0');
    assert.match(await textOf('cache'), /^ok välue /);
  });

  test('sends requests with every method, headers and bodies', async () => {
    const url = `http://granted.example:${server.port}/a?b=c`;
    const seen = async (method: string) => {
      const answer = await textOf(`http&method=${method}&url=${encodeURIComponent(url)}`);
      return { answer, request: server.requests.at(-1)! };
    };
    for (const method of ['GET', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { answer, request } = await seen(method);
      assert.equal(answer, `ok ${method} answered `);
      assert.deepEqual([request.method, request.url], [method, '/a?b=c']);
      const hasHeaders = method !== 'OPTIONS' && method !== 'POST';
      assert.equal(request.headers['x-one'], hasHeaders ? 'a b' : undefined);
      assert.equal(request.body, method.startsWith('P') ? 'bödy' : '');
    }
    assert.equal((await seen('POST')).request.headers['content-type'], 'application/octet-stream');
    assert.equal((await seen('PUT')).request.headers['content-type'], 'text/plain');
    assert.equal((await seen('HEAD')).answer, 'ok  ');
  });

  test('learns why a request has no answer', async () => {
    const outcome = (url: string, method = 'GET') => textOf(`http&method=${method}&url=${encodeURIComponent(url)}`);
    const here = `http://granted.example:${server.port}`;
    assert.equal(await outcome(`${here}/error`), 'no fallback 418: short and stout');
    assert.match(await outcome('http://other.example/'), /^no fallback failed to requestIsAllowed: .*domain/);
    const before = server.requests.length;
    assert.equal(await outcome(here, 'TIME'), 'no fallback a request header cannot contain ":"');
    assert.equal(await outcome('http://[::1]/'), 'no fallback a URL cannot contain "::"');
    assert.equal(server.requests.length, before, 'what cannot be written is not sent');
  });

  test('writes log lines of four levels', async () => {
    app.lines.length = 0;
    await probe('log');
    assert.deepEqual(
      app.lines.map(({ level, message }) => `${level}: ${message}`),
      ['error: an error', 'warn: a warning', 'info: an information', 'debug: a detail'],
    );
  });

  test('writes JSON texts as everyone reads them', async () => {
    for (const text of ['', 'plain', '"\\/\b\f\n\r\t\u0001\u001f', 'é🛰\u2028', `${'"'.repeat(1000)}x`]) {
      assert.equal(JSON.parse(await textOf('quote', text)), text);
    }
  });

  test('fails with the code and the text of the function', async () => {
    const failed = async (what: string): Promise<unknown> => {
      const { status, text } = await probe(what);
      return [status, (JSON.parse(text) as { message: string }).message];
    };
    assert.deepEqual(await failed('fail&code=409&message=t%C3%B6o%20late'), [409, 'töo late']);
    assert.deepEqual(await failed('fail&code=-7&message=odd'), [500, 'odd']);
    assert.deepEqual(await failed(''), [404, 'nothing to do']);
  });

  test('reports a throw and a failed check with its place', async () => {
    const aborted = async (what: string, body = ''): Promise<string> => {
      const { status, text } = await probe(what, { body });
      assert.equal(status, 500);
      return (JSON.parse(text) as { message: string }).message;
    };
    assert.match(
      await aborted('throw'),
      /^runnable abort: thrown on purpose; file: probe\/assembly\/index\.ts, line: \d+, col: \d+$/,
    );
    assert.match(await aborted('index', 'long'), /^runnable abort: Index out of range; file: ~lib\/array\.ts/);
    assert.match(await aborted('text'), /^runnable abort: file does not exist; file: ~lib\/perigee\/answer\.ts/);
  });

  test('makes far more garbage than its memory holds', async () => {
    assert.ok(Number(await textOf('garbage')) > 50_000);
  });
});

function grantsFor(port: number) {
  const rules = {
    allowHTTP: true,
    allowedDomains: ['granted.example'],
    allowedPorts: [port],
    allowedNetworks: ['127.0.0.1/32'],
  };
  const parsed = parseCapabilities({
    capabilities: {
      http: { enabled: true, rules },
      cache: { enabled: true },
      file: { enabled: true },
      secrets: { enabled: true, env: { allowedKeys: ['KEY'] } },
    },
  });
  assert.ok(parsed.ok);
  return parsed.grants;
}
