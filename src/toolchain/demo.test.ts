import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../test/support/guests.ts';
import { scriptedResolver, serve } from '../../test/support/egress-world.ts';
import { parseCapabilities } from '../compute/capability/index.ts';
import { directDialer, EgressClient } from '../compute/egress/index.ts';
import { buildApplication, checkApplication } from './index.ts';
import { temporaryProject } from './testdata/project.ts';
import { runApplication, type RunningApplication } from './testdata/running.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEMO = path.join(ROOT, 'examples/demo');
const BUNDLE = path.join(DEMO, 'modules.wasm.zip');
const REBUILD = 'run "node examples/demo/build.ts"';

test('the static README is the README of the project', () => {
  assert.ok(
    readFileSync(path.join(DEMO, 'static/README.md')).equals(readFileSync(path.join(ROOT, 'README.md'))),
    REBUILD,
  );
});

test('the bundle in the repository is what its sources give, also in another folder, time zone and file mode', async () => {
  await using project = await temporaryProject();
  cpSync(DEMO, project.directory, { recursive: true });
  const { TZ } = process.env;
  process.env['TZ'] = 'Pacific/Kiritimati';
  const umask = process.umask(0o077);
  try {
    const { bundle, file } = await buildApplication(project.directory);
    assert.equal(file, path.join(project.directory, 'modules.wasm.zip'));
    assert.ok(readFileSync(file).equals(bundle), 'what is returned is what was written');
    assert.ok(readFileSync(BUNDLE).equals(bundle), REBUILD);
  } finally {
    process.umask(umask);
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  }
});

test('the table of what its functions may do', async () => {
  const { findings, functions, handlers } = await checkApplication(BUNDLE);
  assert.deepEqual(findings, []);
  assert.ok(functions.length >= 5);
  assert.deepEqual(
    handlers.map(({ method, resource }) => `${method} ${resource}`),
    [
      'GET /',
      'POST /render',
      'GET /greet/:name',
      'GET /visits/:name',
      'GET /fetch',
      'GET /locked',
      'POST /articles/:author',
    ],
  );
  const may = new Map(functions.map((entry) => [entry.name, entry.may]));
  assert.deepEqual(may.get('wordcount'), []);
  assert.deepEqual(may.get('slugify'), ['set response headers']);
  assert.deepEqual(may.get('visits'), [
    'read and write the cache',
    'read fields of its request',
    'set response headers',
  ]);
  assert.match(may.get('fetch')?.[0] ?? '', /^send HTTP requests over https to example\.com; by name only/);
  assert.deepEqual(may.get('locked')?.[0], 'read secrets: DEMO_KEY');
});

suite('the sample application, in a sandbox', () => {
  let app: RunningApplication;
  before(async () => {
    app = await runApplication(readFileSync(BUNDLE), { secrets: { DEMO_KEY: 'let me in', OTHER: 'never' } });
  });
  after(() => app[Symbol.asyncDispose]());

  test('renders the README as a page', async () => {
    const { status, headers, text } = await app.request('GET', '/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const title = /^# (.+)$/m.exec(readme)?.[1] ?? '';
    assert.ok(text.includes(`<title>${title}</title>`));
    assert.ok(text.includes(`<h1 id="${title.toLowerCase()}">${title}</h1>`));
    for (const [, level = '', heading = ''] of readme.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^(#+) (.+)$/gm)) {
      assert.ok(text.includes(`>${heading}</h${level.length}>`), heading);
    }
    assert.ok(text.includes('npm ci &amp;&amp; npm run demo'), 'code is shown as it is');
    assert.ok(text.includes('──▶'), 'and so are letters beyond ASCII');
  });

  test('greets', async () => {
    const answer = await app.request('GET', '/greet/Ad%C3%A9la%C3%AFde');
    assert.equal(answer.text, 'Hello, Adélaïde!\n');
    assert.deepEqual(app.lines.at(-1)?.message, 'greeting Adélaïde');
    assert.equal(app.lines.at(-1)?.functionName, 'greet');
  });

  test('counts visits in the cache, each name for itself', async () => {
    assert.equal((await app.request('GET', '/visits/ada')).text, 'ada was here once\n');
    assert.equal((await app.request('GET', '/visits/ada')).text, 'ada was here 2 times\n');
    assert.equal((await app.request('GET', '/visits/ben')).text, 'ben was here once\n');
    assert.equal((await app.request('GET', '/visits/ada')).text, 'ada was here 3 times\n');
  });

  test('opens for the right key only', async () => {
    const open = (key: string) => app.request('GET', '/locked', { headers: { 'x-demo-key': key } });
    assert.deepEqual((await open('let me in')).text, 'open\n');
    for (const key of ['', 'let me iN', 'let me i', 'let me in!', 'never']) {
      const { status, text } = await open(key);
      assert.deepEqual([status, text], [401, '{"status":401,"message":"wrong key"}']);
    }
    await using unset = await runApplication(readFileSync(BUNDLE));
    assert.equal((await unset.request('GET', '/locked')).status, 503);
  });

  test('takes an article through several steps, a group and aliases', async () => {
    const body = '\n# Notes on the *Analytical* Engine, 2nd ed.\n\nIt might act upon other things & numbers.\n';
    const { status, headers, text } = await app.request('POST', '/articles/ada', { body });
    assert.equal(status, 200);
    assert.equal(headers['x-slug'], 'notes-on-the-analytical-engine-2nd-ed');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(text), {
      author: 'ada',
      slug: 'notes-on-the-analytical-engine-2nd-ed',
      statistics: { words: 16, lines: 4, letters: body.replaceAll(/\s/g, '').length },
      html:
        '<h1 id="notes-on-the-analytical-engine-2nd-ed">Notes on the <em>Analytical</em> Engine, 2nd ed.</h1>\n' +
        '<p>It might act upon other things &amp; numbers.</p>\n',
      thanks: 'Thank you for "notes-on-the-analytical-engine-2nd-ed", ada!',
    });
  });

  test('stops the sequence where there is nothing to work on', async () => {
    const { status, headers, text } = await app.request('POST', '/articles/ada', { body: ' \n' });
    assert.deepEqual([status, text], [422, '{"status":422,"message":"the article has no title"}']);
    assert.equal(headers['x-slug'], undefined);
  });
});

test('the README of the sample says what its handlers answer', async () => {
  const { resolver } = scriptedResolver({});
  await using egress = new EgressClient({ dialer: directDialer({ resolver }), clock: realClock });
  await using app = await runApplication(readFileSync(BUNDLE), { egress, secrets: { DEMO_KEY: 'open-sesame' } });
  const readme = readFileSync(path.join(DEMO, 'README.md'), 'utf8');
  let rows = 0;
  for (const [, command = '', answer = ''] of readme.matchAll(/^\| `(curl [^|]*)` \| ([^|]*) \|/gm)) {
    const [, target = ''] = /http:\/\/127\.0\.0\.1:8080([^' ]*)/.exec(command) ?? [];
    // The one request that needs the public network.
    if (target.endsWith('example.com/')) continue;
    const [, body] = /--data-binary '([^']*)'/.exec(command) ?? [];
    const [, key] = /-H 'x-demo-key: ([^']*)'/.exec(command) ?? [];
    const { text } = await app.request(body === undefined ? 'GET' : 'POST', target, {
      ...(body !== undefined && { body }),
      ...(key !== undefined && { headers: { 'x-demo-key': key } }),
    });
    const [, shown] = /^`([^`]*)`/.exec(answer) ?? [];
    let from = 0;
    for (const piece of (shown ?? '<!doctype html>').split('…')) {
      const at = text.indexOf(piece, from);
      assert.ok(at >= 0, `${command} answers ${text}, not ${answer}`);
      from = at + piece.length;
    }
    rows++;
  }
  assert.equal(rows, 7);
});

suite('fetch, within its grants', () => {
  test('gets what is granted, over a real connection, and is refused the rest', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/missing') response.writeHead(404).end('not here');
      else if (request.url === '/away') response.writeHead(302, { location: 'http://elsewhere.example/' }).end();
      else response.end('twelve bytes');
    });
    const { resolver, asked } = scriptedResolver({
      'granted.example': [{ addresses: ['127.0.0.1'] }],
      'elsewhere.example': [{ addresses: ['127.0.0.1'] }],
    });
    await using egress = new EgressClient({ dialer: directDialer({ resolver }), clock: realClock });
    const parsed = parseCapabilities({
      capabilities: {
        http: {
          enabled: true,
          rules: {
            allowHTTP: true,
            allowedDomains: ['granted.example'],
            allowedPorts: [server.port],
            allowedNetworks: ['127.0.0.1/32'],
          },
        },
      },
    });
    assert.ok(parsed.ok);
    await using app = await runApplication(readFileSync(BUNDLE), { grants: parsed.grants, egress });
    const fetch = async (url: string): Promise<unknown> => {
      const answer = await app.request('GET', `/fetch?url=${encodeURIComponent(url)}`);
      assert.equal(answer.status, 200);
      return JSON.parse(answer.text);
    };
    const here = `http://granted.example:${server.port}`;
    assert.deepEqual(await fetch(`${here}/a?b=c`), { url: `${here}/a?b=c`, outcome: 'answered', bytes: 12 });
    assert.equal(server.requests[0]?.url, '/a?b=c');
    assert.deepEqual(await fetch(`${here}/missing`), {
      url: `${here}/missing`,
      outcome: 'failed',
      reason: '404: not here',
    });

    const refusal = 'failed to requestIsAllowed: requests to this domain are disallowed';
    for (const url of ['https://example.org/', `http://elsewhere.example:${server.port}/`]) {
      assert.deepEqual(await fetch(url), { url, outcome: 'refused', reason: refusal });
    }
    assert.deepEqual(await fetch(`${here}/away`), { url: `${here}/away`, outcome: 'refused', reason: refusal });
    assert.deepEqual(new Set(asked), new Set(['granted.example']), 'a refused name is not even looked up');
    assert.equal(server.requests.length, 3);
  });

  test('is refused by the Directive of the sample itself', async () => {
    const { resolver } = scriptedResolver({ 'example.com': [{ addresses: ['127.0.0.1'] }] });
    await using egress = new EgressClient({ dialer: directDialer({ resolver }), clock: realClock });
    await using app = await runApplication(readFileSync(BUNDLE), { egress });
    const reasonFor = async (url: string): Promise<string> =>
      (JSON.parse((await app.request('GET', `/fetch?url=${url}`)).text) as { reason: string }).reason;
    assert.match(await reasonFor('https://example.net/'), /this domain/);
    assert.match(await reasonFor('http://example.com/'), /insecure HTTP/);
    assert.match(await reasonFor('https://127.0.0.1/'), /IP addresses/);
    // The name is granted, but it leads to this machine.
    assert.match(await reasonFor('https://example.com/'), /private IP address ranges/);
    assert.equal((await app.request('GET', '/fetch')).status, 400);
  });
});
