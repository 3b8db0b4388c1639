import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  checkCapabilityFile,
  checkCeilingFile,
  embedFunctions,
  printProblem,
  readDirective,
  readRunnableFile,
} from './index.ts';

const HEAD = 'identifier: com.example.a\nappVersion: v1.0.0 # bump me\natmoVersion: v0.4.8\n';

suite('.runnable.yaml', () => {
  test('defaults come from the folder', () => {
    const { name, namespace, lang, problems } = readRunnableFile('lang: as\n', 'hello/.runnable.yaml', 'hello');
    assert.deepEqual([name, namespace, lang, problems], ['hello', 'default', 'assemblyscript', []]);
  });

  test('what is written wins, and unknown keys are warned about', () => {
    const file = readRunnableFile('name: hi\nnamespace: people\nlang: rust\nlnag: go\n', 'f', 'hello');
    assert.deepEqual([file.name, file.namespace, file.lang], ['hi', 'people', 'rust']);
    assert.deepEqual(file.problems.map(printProblem), [
      'f:4:1 DIRECTIVE_UNKNOWN_KEY warning: the file has no key "lnag", did you mean "lang"?',
    ]);
  });

  for (const text of ['', 'lang: cobol\n', 'name: x\n', 'lang: constructor\n', '- lang\n', 'lang: [rust]\n']) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => readRunnableFile(text, 'f', 'hello'), { code: 'DIRECTIVE_INVALID' });
    });
  }
});

suite('a build', () => {
  const functions = [
    { name: 'b', namespace: 'default', lang: 'rust', apiVersion: '0.16.0', ref: 'ab'.repeat(32) },
    { name: 'a', namespace: 'default', lang: 'rust', apiVersion: undefined, ref: undefined },
  ];
  const queries = [
    { name: 'q', query: "select '$1: yes'\n", type: 'select', varCount: 0, place: 'Queries.yaml:1:1' },
  ] as const;
  const handlers = 'handlers:\n  - { type: request, method: GET, resource: /, steps: [{ fn: a }] } # keep\n';

  test('writes functions and queries into the Directive and keeps the rest', () => {
    const text = embedFunctions(HEAD + handlers, 'Directive.yaml', { functions, queries });
    assert.ok(text.startsWith(HEAD));
    assert.ok(text.includes('# keep'));
    const directive = readDirective(text, { file: 'Directive.yaml' });
    assert.deepEqual(directive.functions, functions.toReversed());
    assert.equal(directive.queries[0]?.query, queries[0].query);
    assert.ok(text.includes('com.example.a#default::b@v1.0.0'));
    assert.equal(embedFunctions(text, 'f', { functions, queries: [] }), text, 'a second time changes nothing');
  });

  test('refuses a query that both files have', () => {
    const twice = `${HEAD}${handlers}queries: [{ name: q, query: select 1 }]\n`;
    assert.throws(() => embedFunctions(twice, 'f', { functions, queries }), { message: /duplicate query q found/ });
  });

  test('refuses a Directive that would not be valid', () => {
    assert.throws(() => embedFunctions(HEAD + handlers, 'f', { functions: [functions[0]!], queries }), {
      code: 'DIRECTIVE_INVALID',
    });
  });
});

suite('files of grants', () => {
  test('YAML and JSON give the same grants', () => {
    const yaml = checkCapabilityFile('http:\n  enabled: yes\n  rules: { allowedPorts: [8080] }\n', 'g');
    const json = checkCapabilityFile('{"http":{"enabled":true,"rules":{"allowedPorts":[8080]}}}', 'g');
    assert.deepEqual(yaml.problems, []);
    assert.deepEqual(yaml.capabilities, json.capabilities);
    assert.equal(yaml.capabilities?.grants.http.enabled, true);
  });

  test('findings have places', () => {
    const { capabilities, problems } = checkCapabilityFile('http:\n  enabled: si\n', 'g');
    assert.equal(capabilities, undefined);
    assert.deepEqual(problems.map(printProblem), [
      'g:2:12 DIRECTIVE_CAPABILITY capabilities.http.enabled must be true or false',
    ]);
    assert.equal(checkCapabilityFile('http: [', 'g').capabilities, undefined);
  });

  test('an empty file says nothing', () => {
    assert.equal(checkCapabilityFile('', 'g').capabilities?.grants.http.enabled, false);
    assert.equal(checkCapabilityFile('', 'g', 'suborbital').capabilities?.grants.http.enabled, true);
    assert.equal(checkCeilingFile('# none\n', 'g').capabilities?.grants.http.enabled, true);
    assert.equal(checkCeilingFile('http: { enabled: false }\n', 'g').capabilities?.grants.http.enabled, false);
  });

  test('compatibility ignores unknown keys', () => {
    const text = `${HEAD}runnables: [{ name: a, namespace: default }]\ncapabilities: { wasi: { enabled: true } }\n`;
    assert.throws(() => readDirective(text, { file: 'f' }), { code: 'DIRECTIVE_INVALID' });
    assert.equal(readDirective(text, { file: 'f', compat: 'suborbital' }).grants.http.enabled, true);
  });
});
