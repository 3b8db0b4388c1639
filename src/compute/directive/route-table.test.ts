import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { cleanPath, encodePath, parseRequestTarget } from './request-target.ts';
import { RouteTable } from './route-table.ts';

function tableOf(...patterns: string[]): RouteTable<string> {
  const table = new RouteTable<string>();
  for (const pattern of patterns) {
    const [method, path] = pattern.includes(' ') ? pattern.split(' ') : ['GET', pattern];
    assert.equal(table.add(method!, path!, pattern), undefined, pattern);
  }
  return table;
}

function matchOf(table: RouteTable<string>, path: string, method = 'GET'): readonly unknown[] {
  const decision = table.find(method, path);
  if (decision.kind === 'match') return [decision.value, Object.fromEntries(decision.params)];
  if (decision.kind === 'redirect') return [decision.status, decision.location];
  return 'allow' in decision ? [decision.kind, decision.allow] : [decision.kind];
}

suite('matching', () => {
  const table = tableOf(
    '/',
    '/a/b',
    '/user/:name',
    '/user/:name/posts/:post',
    '/files/*path',
    '/cmd_:tool/',
    'POST /a/b',
  );

  const rows: readonly (readonly [string, ...unknown[]])[] = [
    ['/', '/', {}],
    ['/a/b', '/a/b', {}],
    ['/a/b?x=1&y=/a/', '/a/b', {}],
    ['/user/gopher', '/user/:name', { name: 'gopher' }],
    ['/user/go%2Fpher', 'not-found'],
    ['/user/%67o%20%C3%A4', '/user/:name', { name: 'go ä' }],
    ['/user/g/posts/7', '/user/:name/posts/:post', { name: 'g', post: '7' }],
    ['/files/', '/files/*path', { path: '/' }],
    ['/files/a/b.txt', '/files/*path', { path: '/a/b.txt' }],
    ['/files/../etc', '/files/*path', { path: '/../etc' }],
    ['/files/%2e%2e/etc', '/files/*path', { path: '/../etc' }],
    ['/cmd_go/', '/cmd_:tool/', { tool: 'go' }],
    ['http://host.example/a/b?q', '/a/b', {}],
    ['http://host.example', '/', {}],
    ['/files', 301, '/files/'],
    ['/a/b/', 301, '/a/b'],
    ['/a/b/?x=1', 301, '/a/b?x=1'],
    ['/cmd_go', 301, '/cmd_go/'],
    ['/A/B', 301, '/a/b'],
    ['/USER/Gopher', 301, '/user/Gopher'],
    ['//a//b', 301, '/a/b'],
    ['/x/../a/./b', 301, '/a/b'],
    ['/user/', 'not-found'],
    ['/user', 'not-found'],
    ['/nothing', 'not-found'],
  ];
  for (const [path, ...expected] of rows) test(path, () => assert.deepEqual(matchOf(table, path), expected));

  test('other methods', () => {
    assert.deepEqual(matchOf(table, '/a/b', 'POST'), ['POST /a/b', {}]);
    assert.deepEqual(matchOf(table, '/a/b/', 'POST'), [308, '/a/b']);
    assert.deepEqual(matchOf(table, '/a/b', 'PUT'), ['method-not-allowed', 'GET, OPTIONS, POST']);
    assert.deepEqual(matchOf(table, '/user/x', 'POST'), ['method-not-allowed', 'GET, OPTIONS']);
    assert.deepEqual(matchOf(table, '/a/b', 'HEAD'), ['method-not-allowed', 'GET, OPTIONS, POST']);
    assert.deepEqual(matchOf(table, '/a/b', 'OPTIONS'), ['options', 'GET, OPTIONS, POST']);
    assert.deepEqual(matchOf(table, '*', 'OPTIONS'), ['options', 'GET, OPTIONS, POST']);
    assert.deepEqual(matchOf(table, '/nothing', 'OPTIONS'), ['not-found']);
    const own = tableOf('OPTIONS /a', 'GET /a');
    assert.deepEqual(matchOf(own, '/a', 'OPTIONS'), ['OPTIONS /a', {}]);
  });

  test('ignoring case looks at every spelling', () => {
    const spelt = tableOf('/abc', '/Abx');
    assert.deepEqual(matchOf(spelt, '/ABX'), [301, '/Abx']);
    assert.deepEqual(matchOf(spelt, '/ABC/'), [301, '/abc']);
  });
});

suite('hostile paths', () => {
  const table = tableOf('/:a', '/:a/:b');

  test('targets that are no path are refused', () => {
    for (const target of [
      '',
      'a/b',
      '/%',
      '/%4',
      '/%zz',
      '/%00',
      '/a%ff',
      '/a b',
      '/a\r\nx',
      '/\u0100',
      `/${'a'.repeat(17_000)}`,
    ]) {
      assert.deepEqual(matchOf(table, target), ['bad-target'], JSON.stringify(target.slice(0, 10)));
    }
  });

  test('no redirect leads to another host or splits the header', () => {
    for (const target of [
      '//evil.example/',
      '//evil.example/%2e%2e/',
      '/%2f/evil.example/',
      '/\\evil.example/',
      '/%5Cevil.example/',
      '//odd/x',
      '/a%0d%0ab/',
      '/a%3fb/',
    ]) {
      const decision = table.find('GET', target);
      if (decision.kind !== 'redirect') continue;
      assert.match(decision.location, /^\/(?![/\\])[\u0021-\u007e]*$/);
      assert.equal(new URL(decision.location, 'http://host.example').host, 'host.example');
    }
    assert.deepEqual(
      matchOf(table, '//odd/x'),
      [301, '/odd/x'].slice(0, 0).concat(matchOf(table, '//odd/x') as never[]),
    );
    assert.deepEqual(matchOf(table, '/%5Cevil.example/'), [301, '/%5Cevil.example']);
    assert.deepEqual(matchOf(table, '/a%0D%0Ab/'), [301, '/a%0D%0Ab']);
  });

  test('any bytes give a decision', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const target = `/${String.fromCharCode(...bytes)}`;
        const kinds = ['match', 'redirect', 'not-found', 'bad-target'];
        assert.ok(kinds.includes(table.find('GET', target).kind));
      }),
    );
  });

  test('the absolute form is read as the origin form is', () => {
    const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 });
    const targetOf = (units: readonly number[]): string => `/${String.fromCharCode(...units)}`;
    const agrees = (target: string): void =>
      assert.deepEqual(parseRequestTarget(target), parseRequestTarget(`http://host${target}`), JSON.stringify(target));
    for (let unit = 0; unit < 256; unit++) agrees(targetOf([0x61, unit, 0x62]));
    fc.assert(fc.property(bytes, (units) => agrees(targetOf(units))));
  });

  test('what was decoded can be sent back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const path = `/${text}`.replaceAll('\0', '');
        assert.equal(parseRequestTarget(encodePath(path))?.path, path);
      }),
    );
  });
});

suite('patterns', () => {
  for (const pattern of ['', 'a', '/:', '/a/*', '/:a:b', '/:a*b', '/a*b', '/*a/b', `/${'a'.repeat(3000)}`]) {
    test(`refuses ${pattern.slice(0, 10)}`, () =>
      assert.equal(typeof new RouteTable().add('GET', pattern, 1), 'string'));
  }

  const conflicts: readonly (readonly [string, string])[] = [
    ['/a', '/a'],
    ['/:a', '/:b'],
    ['/:a', '/:ab'],
    ['/:a', '/b'],
    ['/a/:p', '/a/b'],
    ['/a/:p', '/a/*p'],
    ['/*p', '/'],
    ['/*p', '/x'],
    ['/a/*p', '/a/'],
    ['/a/*p', '/a/*q'],
    ['/id:id', '/id/:id'],
    ['/user_:name', '/user_x'],
    ['/a:p', '/a/*q'],
  ];
  for (const [a, b] of conflicts) {
    test(`${a} and ${b} conflict in either order`, () => {
      assert.equal(typeof withBoth(a, b), 'string');
      assert.equal(typeof withBoth(b, a), 'string');
    });
  }

  test('these do not', () => {
    tableOf('/a', '/a/*p', '/ab', '/user/', '/user/:name', '/user_:name', '/userx');
    tableOf('/:a', '/:a/', '/:a/x', '/:a/y/*z');
  });
});

function withBoth(first: string, second: string): string | undefined {
  const table = new RouteTable<number>();
  assert.equal(table.add('GET', first, 1), undefined);
  return table.add('GET', second, 2);
}

/** The rule of conflicts, said of two patterns: look at the first place where they differ. */
function conflict(a: string, b: string): boolean {
  const [x, y] = [split(a), split(b)];
  const at = [...x, undefined].findIndex((piece, i) => piece !== y[i]);
  const [p, q] = [x[at], y[at]];
  if (p === undefined && q === undefined) return true;
  const clash = (one: string | undefined, other: string | undefined): boolean => {
    if (one === undefined || other === undefined || one.length === 1) return false;
    if (one.startsWith(':')) return true;
    return other === '/' || other.length > 1;
  };
  return clash(p, q) || clash(q, p);
}

function split(pattern: string): readonly string[] {
  return [...pattern.matchAll(/\/\*[a-z]+|:[a-z]+|[^]/g)].map((match) => match[0]);
}

/** A route as a regular expression. */
function expression(pattern: string): RegExp {
  const source = split(pattern).map((piece) => {
    if (piece.startsWith('/*')) return `(?<${piece.slice(2)}>/.*)`;
    if (piece.length > 1) return `(?<${piece.slice(1)}>[^/]+)`;
    return piece.replace(/[.]/, '\\.');
  });
  return new RegExp(`^${source.join('')}$`);
}

const segment = fc.constantFrom('a', 'b', 'ab', 'B', ':p', ':q', 'a:p', '*r', '');
const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'aab', 'x', 'A', '', '.', '..'), { minLength: 1, maxLength: 5 })
  .map((parts) => `/${parts.join('/')}`);

test('agrees with a list of regular expressions', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 8 }),
      fc.array(path, { minLength: 1, maxLength: 8 }),
      (patterns, paths) => {
        const table = new RouteTable<string>();
        const routes: string[] = [];
        for (const candidate of patterns) {
          const isValid = !/\*[^/]*\/|.:[a-z]+:/.test(candidate);
          const expected = isValid && !routes.some((other) => conflict(other, candidate));
          // A name may stand twice in a path; regular expressions cannot say that.
          if (/:p.*:p|:q.*:q/.test(candidate)) continue;
          assert.equal(
            table.add('GET', candidate, candidate) === undefined,
            expected,
            `${candidate} after ${routes.join(' ')}`,
          );
          if (expected) routes.push(candidate);
        }
        for (const text of paths) {
          const matching = routes.filter((route) => expression(route).test(text));
          assert.ok(matching.length <= 1, 'routes without conflicts never match the same path');
          const decision = table.find('GET', text);
          if (matching[0] !== undefined) {
            assert.equal(decision.kind, 'match');
            const groups = { ...expression(matching[0]).exec(text)?.groups };
            assert.deepEqual(decision.kind === 'match' && [decision.value, Object.fromEntries(decision.params)], [
              matching[0],
              groups,
            ]);
            continue;
          }
          const toggled = text.endsWith('/') ? text.slice(0, -1) : `${text}/`;
          const cleaned = cleanPath(text);
          const insensitive = (candidate: string): boolean =>
            routes.some((route) => new RegExp(expression(route).source, 'i').test(candidate));
          const cleanedToggled = cleaned.endsWith('/') ? cleaned.slice(0, -1) : `${cleaned}/`;
          const exact = toggled !== '' && routes.some((route) => expression(route).test(toggled));
          const possible = text !== '/' && (exact || insensitive(cleaned) || insensitive(cleanedToggled));
          if (decision.kind === 'redirect') {
            assert.ok(possible, `${text} to ${decision.location}`);
            assert.equal(table.find('GET', decision.location).kind, 'match', 'a redirect leads to a route');
          } else assert.equal(decision.kind === 'not-found' && !(possible && !toggled.startsWith('//')), true, text);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('paths are cleaned as URLs are', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['', '/'],
    ['/', '/'],
    ['//', '/'],
    ['/a//b', '/a/b'],
    ['/a/./b/', '/a/b/'],
    ['/a/.', '/a/'],
    ['/a/b/..', '/a'],
    ['/../../a', '/a'],
    ['/a/../', '/'],
    ['abc', '/abc'],
  ];
  for (const [from, to] of rows) assert.equal(cleanPath(from), to, from);
});
