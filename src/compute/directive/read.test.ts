import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { checkDirective, checkQueries, DirectiveError, printProblem, readDirective } from './index.ts';

const TESTDATA = new URL('testdata/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, TESTDATA), 'utf8');
const COMPLETE = read('complete.yaml');
const HEAD = 'identifier: com.example.a\nappVersion: v1.0.0\natmoVersion: v0.4.8\n';
const FUNCTIONS = 'runnables: [{ name: a, namespace: default }, { name: b, namespace: default }]\n';

suite('golden pairs', () => {
  const names = readdirSync(TESTDATA).filter((name) => name.endsWith('.yaml'));
  test('there are some', () => assert.ok(names.length > 10));
  for (const name of names) {
    test(name, () => {
      const { directive, problems } = checkDirective(read(name), { file: name });
      const printed = problems.map((problem) => `${printProblem(problem)}\n`).join('');
      assert.equal(printed, read(name.replace('.yaml', '.err')));
      assert.equal(
        directive === undefined,
        problems.some(({ severity }) => severity === 'error'),
      );
    });
  }
});

suite('the model', () => {
  const directive = readDirective(COMPLETE, { file: 'complete.yaml' });

  test('holds what the text says', () => {
    assert.equal(directive.identifier, 'com.example.shop');
    assert.equal(directive.appVersion, 'v1.2.0');
    assert.equal(directive.headless, false);
    assert.deepEqual(
      directive.functions.map(({ namespace, name, apiVersion }) => [namespace, name, apiVersion]),
      [
        ['users', 'get', undefined],
        ['default', 'log', '0.16.0'],
        ['default', 'render', undefined],
      ],
    );
    assert.equal(directive.connections.redis?.password, '0123', 'a password of digits stays as written');
    assert.deepEqual(directive.connections.database, {
      type: 'postgresql',
      connectionString: 'env(DATABASE_URL)',
    });
    assert.deepEqual(
      directive.queries.map(({ name, type, varCount }) => [name, type, varCount]),
      [
        ['InsertUser', 'insert', 0],
        ['SelectUser', 'select', 1],
      ],
    );
    assert.equal(directive.schedules[0]?.everySeconds, 330);
    assert.deepEqual(directive.schedules[0]?.state, [['mode', 'fast']]);
  });

  test('names the function of every call in full', () => {
    const [first, second] = directive.handlers[0]!.steps;
    assert.equal(first?.kind, 'group');
    assert.equal(second?.kind, 'function');
    assert.deepEqual(
      first.kind === 'group' && first.calls.map(({ key, target }) => [key, target.namespace, target.name]),
      [
        ['user', 'users', 'get'],
        ['log@v1.2.0', 'default', 'log'],
      ],
    );
    assert.deepEqual(first.kind === 'group' && first.onErr, {
      codes: [{ code: 404, action: 'continue' }],
      other: 'return',
      any: undefined,
    });
    const call = second?.kind === 'function' ? second.call : undefined;
    assert.deepEqual(call?.target, {
      identifier: 'com.example.shop',
      namespace: 'default',
      name: 'render',
      version: 'v1.2.0',
    });
    assert.deepEqual(call?.with, [{ alias: 'data', key: 'user' }]);
    assert.equal(call?.place, 'complete.yaml:46:13');
  });

  test('carries the grants of its sections', () => {
    assert.equal(directive.grants.http.enabled, true);
    assert.equal(directive.grants.cache.enabled, true);
    assert.equal(directive.grants.file.enabled, false);
    assert.deepEqual(directive.grants.auth.headers[0]?.value, { env: 'API_TOKEN' });
    assert.equal(directive.grants.database.queries.length, 2);
    assert.deepEqual(directive.capabilityConnections.redis?.serverAddress, { env: 'REDIS_ADDRESS' });
  });

  test('is frozen', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    assert.ok(frozen(directive));
  });

  test('takes functions and queries that the project keeps elsewhere', () => {
    const { queries, problems } = checkQueries('queries:\n  - { name: q, query: delete from t }\n', 'Queries.yaml');
    assert.deepEqual(problems, []);
    const functions = [{ name: 'a', namespace: 'default', lang: 'rust', apiVersion: undefined, ref: undefined }];
    const taken = readDirective(HEAD, { file: 'Directive.yaml', functions, queries });
    assert.equal(taken.functions[0]?.name, 'a');
    assert.deepEqual([taken.queries[0]?.type, taken.queries[0]?.place], ['delete', 'Queries.yaml:2:5']);
    assert.equal(taken.grants.database.queries[0]?.type, 'delete');
  });
});

suite('reading', () => {
  const steps = (text: string, atmoVersion = 'v0.4.8'): ReturnType<typeof checkDirective> => {
    const head = HEAD.replace('v0.4.8', atmoVersion);
    const handler = `handlers:\n  - { type: request, method: GET, resource: /, response: a, steps: ${text} }\n`;
    return checkDirective(head + handler + FUNCTIONS, { file: 'f' });
  };

  test('throws one error with every finding', () => {
    assert.throws(
      () => readDirective('identifier: x\n', { file: 'f' }),
      (error) => {
        assert.ok(error instanceof DirectiveError);
        assert.equal(error.code, 'DIRECTIVE_INVALID');
        assert.equal(error.place, 'f:1:1');
        assert.equal(error.problems.length, 3);
        assert.match(error.message, /^found 3 problems:\n\tf:1:1 atmo version/);
        return true;
      },
    );
  });

  test('takes YAML 1.1 words and numbers by the type that is wanted', () => {
    const text = `${HEAD}headless: On\n${FUNCTIONS}schedules: [{ name: 010, every: { seconds: 0x10, minutes: 010, hours: 1_0 }, steps: [{ fn: a, as: yes }], response: yes }]`;
    const directive = readDirective(text, { file: 'f' });
    assert.equal(directive.headless, true);
    assert.equal(directive.schedules[0]?.name, '010');
    assert.equal(directive.schedules[0]?.everySeconds, 16 + 8 * 60 + 10 * 3600);
    assert.equal(directive.schedules[0]?.response, 'yes');
    assert.equal(checkDirective(`${HEAD}headless: "yes"\n${FUNCTIONS}`, { file: 'f' }).problems.length, 1);
  });

  test('follows anchors, aliases and merge keys', () => {
    const text = `${HEAD}handlers:
  - &base { type: request, method: GET, resource: /a, steps: &s [{ fn: a }] }
  - { <<: *base, resource: /b }
  - { <<: [{ method: PUT }, *base], steps: *s }
${FUNCTIONS}`;
    const { handlers } = readDirective(text, { file: 'f' });
    assert.deepEqual(
      handlers.map(({ name }) => name),
      ['GET /a', 'GET /b', 'PUT /a'],
    );
  });

  test('members of a group fall back to the alias list of their step', () => {
    const { directive } = steps(
      '[{ fn: a }, { with: { x: a }, group: [{ fn: b }, { fn: b, as: c, with: { y: a } }] }]',
    );
    const group = directive?.handlers[0]?.steps[1];
    assert.deepEqual(group?.kind === 'group' && group.calls.map((call) => call.with), [
      [{ alias: 'x', key: 'a' }],
      [{ alias: 'y', key: 'a' }],
    ]);
  });

  test('old forms are for old versions only', () => {
    const codes = (text: string, version: string): string[] => steps(text, version).problems.map(({ code }) => code);
    const list = '[{ fn: a }, { fn: b, with: ["x: a"] }]';
    assert.deepEqual(codes(list, 'v0.1.0'), []);
    assert.deepEqual(codes(list, 'v0.2.0'), ['DIRECTIVE_WITH']);
    const plain = '[{ group: [b] }, { fn: a }]';
    assert.deepEqual(codes(plain, 'v0.0.2'), []);
    assert.deepEqual(codes(plain, 'v0.0.3'), ['DIRECTIVE_TYPE', 'DIRECTIVE_RESPONSE'].slice(0, 1));
    assert.deepEqual(codes('[{ fn: default#a, as: a }]', 'v0.2.2'), []);
    assert.deepEqual(codes('[{ fn: default#a, as: a }]', 'v0.2.3'), ['DIRECTIVE_FUNCTION_UNKNOWN']);
    assert.equal(steps('[{ fn: a }]', 'v0.4.2').directive?.rules.sharedRequest, false);
    assert.equal(steps('[{ fn: a }]', 'v0.4.3').directive?.rules.sharedRequest, true);
  });
});

suite('hostile texts', () => {
  const outcome = (text: string): readonly string[] =>
    checkDirective(text, { file: 'f' }).problems.map(({ code }) => code);

  test('an alias bomb ends at the bound on values', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `x${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}*a${i}]`);
    const codes = outcome(`${HEAD}x0: &a0 [1]\n${levels.join('\n')}\nhandlers: *a12\n`);
    assert.ok(codes.includes('DIRECTIVE_TOO_LARGE'));
  });

  test('an alias inside its own anchor ends at the bound on depth', () => {
    assert.ok(outcome(`${HEAD}handlers: &a [*a]\n`).includes('DIRECTIVE_TOO_LARGE'));
  });

  test('depth, size and tokens are bounded', () => {
    assert.deepEqual(outcome(`${HEAD}handlers: ${'['.repeat(40)}${']'.repeat(40)}\n`), ['DIRECTIVE_TOO_LARGE']);
    assert.deepEqual(outcome('a'.repeat(600_000)), ['DIRECTIVE_TOO_LARGE']);
    assert.deepEqual(outcome('"'.repeat(500_000)), ['DIRECTIVE_TOO_LARGE']);
    assert.deepEqual(outcome(`- ${'#\n'.repeat(200_000)}`), ['DIRECTIVE_TOO_LARGE']);
    assert.ok(outcome('['.repeat(20_000)).length > 0);
  });

  test('findings are bounded', () => {
    const problems = checkDirective(
      `${HEAD}${FUNCTIONS}${Array.from({ length: 1000 }, (_, i) => `x${i}: 1`).join('\n')}`,
      {
        file: 'f',
      },
    ).problems;
    assert.equal(problems.length, 201);
    assert.equal(problems.at(-1)?.message, 'and 800 more findings');
  });

  test('names of object members are only names', () => {
    const text = `${HEAD}${FUNCTIONS}capabilities: { __proto__: { http: { enabled: true } } }\nconstructor: 1\n`;
    const { directive, problems } = checkDirective(text, { file: 'f' });
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['DIRECTIVE_UNKNOWN_KEY'],
    );
    assert.equal(directive?.grants.http.enabled, false);
  });

  test('every truncation and many changes of a good text give findings or a model', () => {
    const small = `${HEAD}handlers:\n  - &h { type: request, method: GET, resource: /a, steps: [{ fn: a }] }\n${FUNCTIONS}`;
    assert.ok(checkDirective(small, { file: 'f' }).directive);
    for (let at = 0; at < small.length; at++) {
      const cut = checkDirective(small.slice(0, at), { file: 'f' });
      assert.ok(cut.directive !== undefined || cut.problems.length > 0);
      for (const character of ['\0', ':', '{', '"']) {
        const { directive, problems } = checkDirective(small.slice(0, at) + character + small.slice(at + 1), {
          file: 'f',
        });
        assert.ok(directive !== undefined || problems.length > 0);
      }
    }
  });
});
