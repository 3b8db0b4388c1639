import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDirective, checkTenant, embedFunctions, readRunnableFile } from './index.ts';

const HEAD = 'identifier: com.example.shop\nappVersion: v1.0.0\natmoVersion: v0.4.8\n';

/** The limits of each function of a Directive whose text goes on with `rest`. */
function limitsOf(rest: string): unknown {
  const { directive, problems } = checkDirective(HEAD + rest, { file: 'Directive.yaml' });
  assert.deepEqual(problems, []);
  return directive?.functions.map(({ limits }) => limits);
}

const RUNNABLES = `runnables:
  - { name: a, namespace: default, limits: { cpuMs: 100, memoryBytes: 0x20000, concurrency: 7 } }
  - { name: b, namespace: default }
`;

test('a function has its own limits and those of all, of two the smaller', () => {
  assert.deepEqual(limitsOf(RUNNABLES), [{ cpuMs: 100, memoryBytes: 131_072, concurrency: 7 }, undefined]);
  const common = 'limits: { cpuMs: 50, memoryBytes: 1_000_000, callerConcurrency: 2 }\n';
  assert.deepEqual(limitsOf(common + RUNNABLES), [
    { cpuMs: 50, memoryBytes: 131_072, callerConcurrency: 2, concurrency: 7 },
    { cpuMs: 50, memoryBytes: 1_000_000, callerConcurrency: 2 },
  ]);
});

test('every limit that the document lists can be declared', () => {
  const names = ['deadlineMs', 'cpuMs', 'memoryBytes', 'tableEntries', 'outputBytes', 'argumentBytes'];
  names.push('hostCallsPerSecond', 'logBytes', 'handles', 'concurrency', 'callerConcurrency');
  const written = names.map((name, index) => `${name}: ${index + 1}`).join(', ');
  assert.deepEqual(limitsOf(`runnables: [{ name: a, namespace: default, limits: { ${written} } }]`), [
    Object.fromEntries(names.map((name, index) => [name, index + 1])),
  ]);
});

test('a function’s folder says its limits, and the build writes them into the bundle', () => {
  const file = readRunnableFile('lang: rust\nlimits: { deadlineMs: 2000 }\n', 'x/.runnable.yaml', 'x');
  assert.deepEqual(file.limits, { deadlineMs: 2000 });
  assert.throws(() => readRunnableFile('lang: rust\nlimits: { deadline: 2 }\n', 'x/.runnable.yaml', 'x'), {
    code: 'DIRECTIVE_INVALID',
    message: /x\/\.runnable\.yaml:2:11 there is no limit "deadline", did you mean "deadlineMs"\?/,
  });
  const text = embedFunctions(`${HEAD}limits: { cpuMs: 9 }\n`, 'Directive.yaml', { functions: [file], queries: [] });
  const { directive } = checkDirective(text, { file: 'Directive.yaml' });
  assert.deepEqual(directive?.functions[0]?.limits, { cpuMs: 9, deadlineMs: 2000 });
});

test('a module of a tenant has limits too', () => {
  const { directive } = checkTenant(
    JSON.stringify({
      identifier: 'com.example.shop',
      tenantVersion: 1,
      modules: [{ name: 'a', namespace: 'default', limits: { memoryBytes: 65536 } }],
    }),
    { file: 'tenant.json' },
  );
  assert.deepEqual(directive?.functions[0]?.limits, { memoryBytes: 65_536 });
});
