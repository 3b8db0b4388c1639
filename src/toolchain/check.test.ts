import assert from 'node:assert/strict';
import path from 'node:path';
import { suite, test } from 'node:test';
import { echo, env, guest } from '../../test/support/guests.ts';
import { assemble } from '../../test/support/wasm-engine.ts';
import { writeBundle } from '../compute/bundle/index.ts';
import { findCompiler } from './assemblyscript.ts';
import { checkApplication, printFinding } from './index.ts';
import { temporaryProject } from './testdata/project.ts';

const HEAD = 'identifier: com.example.app\nappVersion: v1.2.3\natmoVersion: v0.4.8\n';

/** The findings of the project that consists of `files`, below the name `app`. */
async function findingsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  await using project = await temporaryProject(files);
  const { findings } = await checkApplication(project.directory);
  return findings.map((finding) => {
    return printFinding({ ...finding, file: path.join('app', path.relative(project.directory, finding.file)) });
  });
}

suite('a project', () => {
  test('gets all errors of all its files at once', async () => {
    const findings = await findingsOf({
      'Directive.yaml': `${HEAD}handlers:
  - type: request
    method: GET
    resource: echo
    steps:
      - fn: ohce
nonsense: 1
`,
      'Queries.yaml': 'queries:\n  - name: all\n    query: tell me\n',
      'a/.runnable.yaml': 'lang: cobol\n',
      'b/.runnable.yaml': 'lang: go\n',
      'c/.runnable.yaml': 'lang: wat\n',
      'c/c.wasm': guest({ imports: env('format_disk', 1) }),
      'd/.runnable.yaml': 'lang: wat\n',
      'd/d.wasm': 'no module',
      'e/.runnable.yaml': 'lang: wat\n',
      'e/e.wasm': assemble('(module (memory (export "memory") 1))'),
      'f/.runnable.yaml': 'lang: wat\n',
      'f/f.wasm': wrongTypes(),
      'g/.runnable.yaml': 'name: f\nlang: wat\n',
      'h/.runnable.yaml': 'lang: as\n',
      'h/.module.yaml': 'lang: as\n',
      'i/.runnable.yaml': 'lang: as\n',
    });
    assert.deepEqual(findings, [
      'app/Queries.yaml:3:12 DIRECTIVE_QUERY query all: unable to determine query type',
      'app/a/.runnable.yaml:1:7 DIRECTIVE_LANGUAGE unknown lang "cobol"',
      'app/g/.runnable.yaml TOOLCHAIN_FUNCTION function default::f stands in "f" too',
      'app/h TOOLCHAIN_FUNCTION "h" has both .module.yaml and .runnable.yaml; keep one of them',
      "app/Directive.yaml:7:15 DIRECTIVE_HANDLER_RESOURCE handler resource must begin with leading slash '/': echo",
      'app/Directive.yaml:9:13 DIRECTIVE_FUNCTION_UNKNOWN handler for GET echo lists fn at step 0 that does not exist: ' +
        'ohce (did you forget a namespace?)',
      'app/Directive.yaml:10:1 DIRECTIVE_UNKNOWN_KEY warning: the Directive has no key "nonsense"',
      'app/b/.runnable.yaml TOOLCHAIN_LANGUAGE function "b" has no module, and tinygo is not compiled here; ' +
        'compile it yourself and put it at "b/b.wasm"',
      'app/i/.runnable.yaml TOOLCHAIN_LANGUAGE function "i" has neither assembly/index.ts nor a module; ' +
        'write "i/assembly/index.ts", or put a module at "i/i.wasm"',
      'app/c/c.wasm ABI_UNKNOWN_IMPORT the module imports "env.format_disk"; ' +
        'a function may import the platform functions of module env and WASI preview 1',
      'app/d/d.wasm WASM_NOT_WASM not a WebAssembly binary: no magic number at byte 0',
      'app/e/e.wasm ABI_MISSING_EXPORT the module does not export "allocate"; ' +
        'a function must export memory, allocate, deallocate and run_e',
      'app/f/f.wasm TOOLCHAIN_MODULE the engine does not accept the module: ' +
        '"Compiling function #4 failed: not enough arguments on the stack …"',
    ]);
  });

  test('written in AssemblyScript gets the findings of the compiler with their places', async () => {
    const yaml = 'lang: assemblyscript\n';
    const findings = await findingsOf({
      'Directive.yaml': HEAD,
      'fine/.runnable.yaml': yaml,
      'fine/assembly/index.ts': `import { twice } from '../../shared/twice';
import { answer } from 'library/answer';
import { request } from 'perigee';
export function run(): string { return twice(request.body()) + answer().toString(); }
`,
      'shared/twice.ts': 'export function twice(text: string): string { return text + text; }\n',
      'node_modules/library/answer.ts': 'export function answer(): i32 { return 42; }\n',
      'no-run/.runnable.yaml': yaml,
      'no-run/assembly/index.ts': 'export function walk(): string { return ""; }\n',
      'type/.runnable.yaml': yaml,
      'type/assembly/index.ts': '// é\nexport function run(): string {\n  const n: i32 = "1";\n  return "";\n}\n',
      'result/.runnable.yaml': yaml,
      'result/assembly/index.ts': 'export function run(): i32 { return 1; }\n',
      'missing/.runnable.yaml': yaml,
      'missing/assembly/index.ts': "import { x } from './nowhere';\nexport function run(): string { return x; }\n",
      'syntax/.runnable.yaml': yaml,
      'syntax/assembly/index.ts': 'export function run(: string { return ""; }\n',
    });
    assert.deepEqual(findings, [
      "app/missing/assembly/index.ts:1:19 TS6054 File 'missing/assembly/nowhere.ts' not found.",
      "app/no-run/assembly/index.ts TS2305 Module 'no-run/assembly/index' has no exported member 'run'.",
      'app/no-run/assembly/index.ts TS1140 Type argument expected.',
      'app/result/assembly/index.ts AS102 run must return a string, a Uint8Array or an ArrayBuffer',
      'app/syntax/assembly/index.ts:1:20 TS1003 Identifier expected.',
      "app/type/assembly/index.ts:3:18 TS2322 Type '~lib/string/String' is not assignable to type 'i32'.",
    ]);
  });

  test('must be there', async () => {
    await using project = await temporaryProject({ 'a/.runnable.yaml': 'lang: as\n' });
    await assert.rejects(checkApplication(project.directory), { code: 'TOOLCHAIN_NO_APPLICATION' });
    await assert.rejects(checkApplication(path.join(project.directory, 'b')), { code: 'TOOLCHAIN_NO_APPLICATION' });
    await project.write('Directive.yaml', HEAD);
    await assert.doesNotReject(checkApplication(project.directory));
  });

  test('without functions is told where they belong', async () => {
    assert.deepEqual(await findingsOf({ 'Directive.yaml': HEAD }), [
      'app/Directive.yaml DIRECTIVE_FUNCTIONS_MISSING no folder beside it holds a .runnable.yaml',
    ]);
  });

  test('is told which package to install for AssemblyScript', () => {
    assert.throws(() => findCompiler([path.join(path.parse(import.meta.dirname).root, 'package.json')]), {
      code: 'TOOLCHAIN_MISSING',
      remedy: /npm install --save-dev assemblyscript/,
    });
  });
});

suite('a bundle', () => {
  const manifest = `${HEAD}handlers:
  - { type: request, method: GET, resource: /, steps: [{ fn: a }] }
capabilities: { cache: { enabled: true } }
runnables:
  - { name: a, namespace: default, lang: rust }
  - { name: b, namespace: default }
`;
  const write = (text: string, names: readonly string[], bytes = echo()): Promise<Uint8Array> =>
    writeBundle({
      kind: 'directive',
      manifest: text,
      modules: names.map((name) => ({ namespace: 'default', name, bytes })),
      staticFiles: new Map(),
    });
  const check = async (bytes: Uint8Array) => {
    await using folder = await temporaryProject({ 'app.zip': bytes });
    const report = await checkApplication(path.join(folder.directory, 'app.zip'));
    const findings = report.findings.map((finding) =>
      printFinding({ ...finding, file: path.relative(folder.directory, finding.file) }),
    );
    return { ...report, findings };
  };

  test('gives the table', async () => {
    const bytes = await write(manifest, ['a', 'b'], guest({ imports: env('cache_set', 6) + env('log_msg', 4, 0) }));
    const { findings, functions, handlers } = await check(bytes);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      functions.map(({ name, lang, may }) => [name, lang, may]),
      [
        ['a', 'rust', ['write the cache', 'write log lines']],
        ['b', undefined, ['write the cache', 'write log lines']],
      ],
    );
    assert.deepEqual(handlers, [{ method: 'GET', resource: '/' }]);
  });

  test('gets the findings of its manifest with their places', async () => {
    const { findings } = await check(await write(manifest.replace('fn: a', 'fn: c').replace('v1.2.3', '1.2'), ['a']));
    assert.deepEqual(findings, [
      'app.zip/Directive.yaml:2:13 DIRECTIVE_APP_VERSION app version is not a valid semantic version',
      'app.zip/Directive.yaml:5:62 DIRECTIVE_FUNCTION_UNKNOWN handler for GET / lists fn at step 0 that does not exist: c (did you forget a namespace?)',
    ]);
  });

  test('may lack modules, and must not hold wrong ones', async () => {
    assert.deepEqual((await check(await write(manifest, ['a']))).findings, [
      'app.zip TOOLCHAIN_FUNCTION warning: function default::b has no module in the bundle',
    ]);
    assert.deepEqual((await check(await write(manifest, ['b']))).findings, [
      'app.zip TOOLCHAIN_FUNCTION function default::a has no module in the bundle, and is called by GET /: no gateway serves it so',
    ]);
    const { findings, functions } = await check(await write(manifest, ['a', 'b'], wrongTypes()));
    assert.deepEqual(
      findings.map((line) => line.slice(0, 32)),
      ['app.zip/a.wasm TOOLCHAIN_MODULE ', 'app.zip/b.wasm TOOLCHAIN_MODULE '],
    );
    assert.deepEqual(functions, []);
  });

  test('that is none has one finding, wherever it is cut', async () => {
    const whole = await write(manifest, ['a', 'b']);
    for (let length = 0; length < whole.length; length += 97) {
      const { findings, functions } = await check(whole.subarray(0, length));
      assert.equal(findings.length, 1, `${length}: ${findings.join()}`);
      assert.match(findings[0] ?? '', /^app\.zip BUNDLE_/);
      assert.deepEqual(functions, []);
    }
  });
});

/** Well formed, with the right imports and exports, but adding a pointer that is not there. */
function wrongTypes(): Uint8Array {
  const bytes = echo();
  const text = Buffer.from(bytes);
  // local.get 0 at the beginning of a body becomes drop, with nothing on the stack.
  const body = text.lastIndexOf(Buffer.from([0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x10]));
  assert.ok(body > 0);
  bytes.set([0x1a, 0x01], body);
  return bytes;
}
