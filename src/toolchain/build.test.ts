import assert from 'node:assert/strict';
import { chmod, readdir, readFile, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { ECHO, echo, env, guest } from '../../test/support/guests.ts';
import { readBundle } from '../compute/bundle/index.ts';
import { hasCode, utf8 } from '../kernel/index.ts';
import { buildApplication, ToolchainError } from './index.ts';
import { standIn, temporaryProject } from './testdata/project.ts';

const DIRECTIVE = `# kept
identifier: com.example.app
appVersion: v1.2.3
atmoVersion: v0.4.8
handlers:
  - type: request
    method: POST
    resource: /echo
    steps:
      - fn: echo
      - fn: people::who # also kept
capabilities:
  cache:
    enabled: true
`;

/** A project that needs no compiler. */
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'Directive.yaml': DIRECTIVE,
  'Queries.yaml': 'queries:\n  - name: all\n    query: select 1\n',
  'a/.runnable.yaml': 'name: echo\nlang: wat\n',
  'a/echo.wasm': echo(),
  'b/.module.yml': 'name: who\nnamespace: people\nlang: go\napiVersion: 0.15.1\n',
  'b/who.wasm': guest({ imports: env('return_result', 3, 0) + env('cache_get', 3), run: ECHO }),
  'static/index.html': '<p>',
  'static/css/a.css': 'p {}',
  'static/empty': '',
  'notes/readme.txt': 'no function',
};

suite('a bundle', () => {
  test('holds functions, static files, and what the project keeps in other files', async () => {
    await using project = await temporaryProject(FILES);
    const { bundle, report, file, digest } = await buildApplication(project.directory);
    assert.equal(file, path.join(project.directory, 'modules.wasm.zip'));
    const read = await readBundle(bundle);
    assert.equal(read.digest, digest);
    assert.deepEqual([...read.modules.keys()].sort(), ['default::echo', 'people::who']);
    assert.deepEqual(read.modules.get('default::echo')?.bytes, echo());
    assert.deepEqual([...read.staticFiles.keys()], ['css/a.css', 'empty', 'index.html']);
    assert.equal(read.directive.queries[0]?.name, 'all');
    const manifest = String(Buffer.from(read.manifest));
    assert.ok(manifest.startsWith('# kept\n') && manifest.includes('# also kept'));
    for (const entry of read.directive.functions) {
      assert.equal(entry.ref, read.modules.get(`${entry.namespace}::${entry.name}`)?.digest);
    }
    assert.equal(read.directive.functions.find(({ name }) => name === 'who')?.lang, 'tinygo');
    assert.deepEqual(
      report.functions.map(({ name, may }) => [name, may]),
      [
        ['echo', []],
        ['who', ['read the cache']],
      ],
    );
    assert.deepEqual([report.identifier, report.version], ['com.example.app', 'v1.2.3']);
  });

  test('depends on nothing but its sources', async () => {
    await using one = await temporaryProject(FILES);
    const umask = process.umask(0o077);
    await using two = await temporaryProject(Object.fromEntries(Object.entries(FILES).toReversed()));
    process.umask(umask);
    for (const name of ['Directive.yaml', 'static/index.html', 'a/echo.wasm']) {
      await chmod(path.join(two.directory, name), 0o700);
      await utimes(path.join(two.directory, name), 1, 1);
    }
    const first = await buildApplication(one.directory);
    const { TZ } = process.env;
    process.env['TZ'] = 'America/St_Johns';
    try {
      const second = await buildApplication(two.directory, { output: path.join(two.directory, 'b.zip') });
      assert.deepEqual(second.bundle, first.bundle);
      assert.deepEqual(new Uint8Array(await readFile(second.file)), first.bundle);
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
    await one.write('static/empty', '.');
    assert.notDeepEqual((await buildApplication(one.directory)).bundle, first.bundle);
  });

  test('is replaced only by a complete one', async () => {
    await using project = await temporaryProject({ ...FILES, 'modules.wasm.zip': 'the old one' });
    await project.write('Directive.yaml', DIRECTIVE.replace('fn: echo', 'fn: ohce'));
    await assert.rejects(buildApplication(project.directory), { code: 'TOOLCHAIN_INVALID' });
    assert.equal(await readFile(path.join(project.directory, 'modules.wasm.zip'), 'utf8'), 'the old one');
    await project.write('Directive.yaml', DIRECTIVE);
    await buildApplication(project.directory);
    assert.notEqual(await readFile(path.join(project.directory, 'modules.wasm.zip'), 'utf8'), 'the old one');
    const left = (await readdir(project.directory)).filter((name) => name.includes('.tmp'));
    assert.deepEqual(left, []);
    const output = path.join(project.directory, 'no', 'such', 'folder.zip');
    await assert.rejects(buildApplication(project.directory, { output }), { code: 'TOOLCHAIN_FILE' });
  });

  test('takes nothing from outside of the project', async () => {
    await using project = await temporaryProject(FILES);
    await symlink('/etc/hostname', path.join(project.directory, 'static/hostname'));
    await symlink(project.directory, path.join(project.directory, 'static/loop'));
    await assert.rejects(buildApplication(project.directory), (error) => {
      assert.ok(error instanceof ToolchainError && hasCode(error, 'TOOLCHAIN_INVALID'));
      assert.deepEqual(
        error.findings.map(({ code, file }) => [code, path.relative(project.directory, file)]),
        [
          ['TOOLCHAIN_FILE', 'static/hostname'],
          ['TOOLCHAIN_FILE', 'static/loop'],
        ],
      );
      return true;
    });
  });
});

suite('a compiler', () => {
  const AS = {
    'f/.runnable.yaml': 'lang: as\n',
    'f/assembly/index.ts': 'export function run(): string { return ""; }\n',
  };
  const HEAD = DIRECTIVE.slice(0, DIRECTIVE.indexOf('handlers:'));
  const findingsOf = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
    await using project = await temporaryProject({ 'Directive.yaml': HEAD, ...files });
    try {
      await buildApplication(project.directory);
      return [];
    } catch (error) {
      assert.ok(error instanceof ToolchainError);
      return error.findings.map(({ code, message }) => `${code} ${message}`);
    }
  };

  test('of the application is preferred, and may crash', async () => {
    const crash = 'console.error("no luck today"); process.exit(1);\nexport const main = 0;\n';
    const [finding] = await findingsOf({ ...AS, 'node_modules/assemblyscript/dist/asc.js': `//\n${crash}` });
    assert.match(
      finding ?? '',
      /^TOOLCHAIN_COMPILER_FAILED the compiler for AssemblyScript ended early: "no luck today"/,
    );
  });

  test('that reports nothing and makes nothing is a fault too', async () => {
    const silent = 'export async function main() { return { error: new Error("gave up") }; }\n';
    const findings = await findingsOf({
      ...AS,
      'node_modules/assemblyscript/dist/asc.mjs': silent,
      'node_modules/assemblyscript/dist/asc.js': silent,
      'node_modules/assemblyscript/package.json': '{"type":"module"}',
    });
    assert.deepEqual(findings, ['TOOLCHAIN_COMPILER_FAILED gave up']);
  });

  test('can be stopped', async () => {
    await using project = await temporaryProject({ 'Directive.yaml': HEAD, ...AS });
    const signal = AbortSignal.abort();
    await assert.rejects(buildApplication(project.directory, { signal }), { code: 'TOOLCHAIN_CANCELLED' });
  });
});

suite('Rust', { skip: process.platform === 'win32' && 'the stand-in for cargo is a script' }, () => {
  const FILES_OF_RUST = {
    'Directive.yaml': DIRECTIVE.slice(0, DIRECTIVE.indexOf('handlers:')),
    'f/.runnable.yaml': 'lang: rust\n',
    'f/Cargo.toml': '[package]\nname = "f"\nversion = "0.1.0"\n',
  };
  const line = (value: unknown): string => `console.log(${JSON.stringify(JSON.stringify(value))});\n`;

  /** Runs `work` where `cargo` is `script`, or is missing. */
  const withCargo = async (script: string | undefined, work: (directory: string) => Promise<void>): Promise<void> => {
    await using project = await temporaryProject(FILES_OF_RUST);
    await using programs = await temporaryProject();
    if (script !== undefined) await standIn(programs, 'cargo', script);
    const { PATH } = process.env;
    process.env['PATH'] = programs.directory;
    try {
      await work(project.directory);
    } finally {
      process.env['PATH'] = PATH;
    }
  };
  const findingsOf = async (directory: string): Promise<readonly string[]> => {
    try {
      await buildApplication(directory);
      return [];
    } catch (error) {
      assert.ok(error instanceof ToolchainError);
      return error.findings.map(({ file, position, code, message }) => {
        const place = position === undefined ? '' : `:${position.line}:${position.column}`;
        return `${path.relative(directory, file)}${place} ${code} ${message}`;
      });
    }
  };

  test('without cargo names what to install', async () => {
    await withCargo(undefined, async (directory) => {
      const [finding, ...others] = await findingsOf(directory);
      assert.match(finding ?? '', /^f\/Cargo\.toml TOOLCHAIN_MISSING cargo.* cannot be run; install Rust from https:/);
      assert.deepEqual(others, []);
    });
  });

  test('without cargo takes the module that is there, with a warning', async () => {
    await withCargo(undefined, async (directory) => {
      await using _ = await addModule(directory);
      const { report } = await buildApplication(directory);
      assert.equal(report.functions[0]?.name, 'f');
      assert.deepEqual(
        report.findings.map(({ severity, code }) => [severity, code]),
        [['warning', 'TOOLCHAIN_MISSING']],
      );
    });
  });

  test('without its WebAssembly target names what to add', async () => {
    const error = { level: 'error', message: "can't find crate for `core`", code: { code: 'E0463' }, spans: [] };
    const script = `${line({ reason: 'compiler-message', message: error })}process.exitCode = 101;`;
    await withCargo(script, async (directory) => {
      const [finding] = await findingsOf(directory);
      assert.match(finding ?? '', /TOOLCHAIN_MISSING .*wasm32-wasip1; run "rustup target add wasm32-wasip1"$/);
    });
  });

  test('reports errors with their places', async () => {
    const span = { is_primary: true, file_name: 'src/lib.rs', line_start: 3, column_start: 7 };
    const error = { level: 'error', message: 'mismatched types', code: { code: 'E0308' }, spans: [span] };
    const summary = { level: 'error', message: 'aborting due to 1 previous error', code: null, spans: [] };
    const script =
      line({ reason: 'compiler-message', message: error }) +
      line({ reason: 'compiler-message', message: summary }) +
      'console.log("noise"); console.log("{noise"); process.exitCode = 101;';
    await withCargo(script, async (directory) => {
      assert.deepEqual(await findingsOf(directory), ['f/src/lib.rs:3:7 E0308 mismatched types']);
    });
  });

  test('that fails before it compiles is told', async () => {
    await withCargo('console.error("error: no lib target"); process.exitCode = 101;', async (directory) => {
      const [finding] = await findingsOf(directory);
      assert.match(finding ?? '', /TOOLCHAIN_COMPILER_FAILED cargo failed: "error: no lib target"$/);
    });
  });

  test('gives the module that cargo names', async () => {
    await using artifact = await temporaryProject({ 'f.wasm': echo() });
    const filenames = [path.join(artifact.directory, 'f.wasm')];
    await withCargo(line({ reason: 'compiler-artifact', filenames }), async (directory) => {
      const { bundle } = await buildApplication(directory);
      assert.deepEqual((await readBundle(bundle)).modules.get('default::f')?.bytes, echo());
    });
    await withCargo(line({ reason: 'compiler-artifact', filenames: ['libf.rlib'] }), async (directory) => {
      assert.match((await findingsOf(directory))[0] ?? '', /cargo made no module; set crate-type = \["cdylib"\]/);
    });
  });
});

async function addModule(directory: string): Promise<AsyncDisposable> {
  const { writeFile, rm } = await import('node:fs/promises');
  const file = path.join(directory, 'f', 'f.wasm');
  await writeFile(file, echo());
  return { [Symbol.asyncDispose]: () => rm(file) };
}

test('a text that is not UTF-8 is no Directive', async () => {
  await using project = await temporaryProject({ 'Directive.yaml': Uint8Array.of(0xff, ...utf8(DIRECTIVE)) });
  await assert.rejects(buildApplication(project.directory), { code: 'TOOLCHAIN_FILE' });
});
