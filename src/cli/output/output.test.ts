import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { CodedError } from '../../kernel/index.ts';
import { hasLightGround } from '../environment.ts';
import type { Globals } from '../arguments/globals.ts';
import { colorJson, formatJson } from './json-text.ts';
import { Output, type Result } from './output.ts';
import { OUTCOMES } from './outcomes.ts';
import { renderError } from './render-error.ts';
import { fillPlaceholders } from '../arguments/stdin-placeholder.ts';
import { createStyle } from './style.ts';
import { nearest } from '../arguments/tree.ts';
import { byteCount, durationMs, formatBytes, formatDuration } from '../arguments/values.ts';
import { VERSION } from '../version.ts';

const GLOBALS: Globals = {
  quiet: false,
  verbose: 0,
  color: true,
  input: true,
  format: 'plain',
  compact: false,
  jq: undefined,
  pretty: false,
  given: false,
  parseOnly: false,
};

function outputOf(
  globals: Partial<Globals>,
  tty: boolean,
): { output: Output; written: { stdout: string; stderr: string } } {
  const written = { stdout: '', stderr: '' };
  const output = new Output(
    { ...GLOBALS, ...globals },
    { isTTY: tty, write: (text) => (written.stdout += String(text)) },
    { isTTY: tty, write: (text) => (written.stderr += String(text)) },
    { dumb: false, interactive: true },
  );
  return { output, written };
}

/** Without what `style.ts` adds. */
const stripOwnColours = (text: string): string => text.replaceAll(/\p{Cc}\[[\d;]+m/gu, '');

suite('the form of a result', () => {
  const all: Result = { plain: 'for people', machine: 'value', json: { b: 1, a: [{ d: null, c: 'ü' }] } };
  const json = '{\n  "a": [\n    {\n      "c": "ü",\n      "d": null\n    }\n  ],\n  "b": 1\n}';
  const cases: readonly (readonly [string, Partial<Globals>, boolean, Result, string])[] = [
    ['plain on a terminal', {}, true, all, 'for people\n'],
    ['machine when piped, without a newline', {}, false, all, 'value'],
    ['json when piped and there is no machine form', {}, false, { plain: 'p', json: 1 }, '1'],
    ['plain when piped and there is no other', {}, false, { plain: 'p  \n' }, 'p'],
    ['machine on a terminal when there is no plain one', {}, true, { machine: 'm' }, 'm\n'],
    ['sorted json when asked for', { format: 'json', color: false }, true, all, `${json}\n`],
    ['json on one line', { format: 'json', compact: true }, false, all, '{"a":[{"c":"ü","d":null}],"b":1}'],
    ['nothing when json is asked for and there is none', { format: 'json' }, false, { plain: 'p', machine: 'm' }, ''],
    ['a result in spite of --quiet', { quiet: true }, false, all, 'value'],
  ];
  for (const [what, globals, tty, result, expected] of cases) {
    test(what, () => {
      const { output, written } = outputOf(globals, tty);
      output.result(result);
      assert.equal(written.stdout, expected);
      assert.equal(written.stderr, '');
    });
  }

  test('keeps what others said from steering the terminal, and its own colours', () => {
    const hostile = 'a\u001b]52;c;ZXZpbA==\u0007b\u001b[2J\u009b31mc\r\u202ed\ttab';
    const shown = 'a\ufffd]52;c;ZXZpbA==\ufffdb\ufffd[2J\ufffd31mc\ufffd\ufffdd\ttab';
    const { output, written } = outputOf({}, true);
    const { primary, strong, heading, drawing } = output.style;
    const styled = [primary, strong, heading, drawing].map((style) => style('x')).join('');
    output.result({ plain: `${styled}\n${hostile}` });
    assert.equal(written.stdout, `${styled}\n${shown}\n`);
    written.stdout = '';
    output.result({ machine: hostile });
    assert.equal(written.stdout, `${shown}\n`);
    output.warn(hostile);
    output.note(hostile);
    output.failure(hostile);
    assert.doesNotMatch(stripOwnColours(written.stderr), /[^\P{Cc}\n\t]|\u202e/u);
    for (const global of [{ format: 'json' as const }, { format: 'json' as const, color: false }]) {
      const json = outputOf(global, true);
      json.output.result({ json: [hostile] });
      const text = stripOwnColours(json.written.stdout);
      assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
      assert.deepEqual(JSON.parse(text), [hostile], 'the value is the same');
    }
    const piped = outputOf({}, false);
    piped.output.result({ machine: hostile });
    assert.equal(piped.written.stdout, hostile, 'a script gets what is there');
  });

  test('sorts keys at every level by their bytes and leaves absent fields out', () => {
    assert.equal(formatJson({ b: undefined, Z: 1, a: { y: 1, x: 2 } }, true), '{"Z":1,"a":{"x":2,"y":1}}');
  });
});

suite('json with colours', () => {
  const colored = createStyle(true);

  test('is the same json, with keys, texts and the rest told apart', () => {
    const json = formatJson({ 'a "b": 1': ['x: "y"', -1.5e3, true, null, { c: '\\' }] }, false);
    const shown = colorJson(json, colored);
    assert.equal(stripVTControlCharacters(shown), json);
    assert.ok(shown.includes(`${colored.secondary('"a \\"b\\": 1"')}: [`));
    for (const text of ['"x: \\"y\\""', '"\\\\"']) assert.ok(shown.includes(colored.primary(text)), text);
    for (const word of ['-1500', 'true', 'null']) assert.ok(shown.includes(colored.warning(word)), word);
  });

  test('is darker on a light ground, and nothing else is', () => {
    const written: string[] = [];
    const stdout = { isTTY: true, write: (text: string | Uint8Array) => written.push(String(text)) };
    for (const light of [false, true]) {
      const output = new Output({ ...GLOBALS, format: 'json' }, stdout, stdout, {
        dumb: false,
        interactive: true,
        light,
      });
      output.result({ json: 'x' });
      assert.equal(written.pop(), `${createStyle(true, light).primary('"x"')}\n`);
      assert.equal(output.resultStyle.primary('x'), createStyle(true).primary('x'));
    }
    for (const [COLORFGBG, light] of [
      ['0;15', true],
      ['0;default;7', true],
      ['15;0', false],
      ['7;8', false],
      ['15', false],
      ['0;99', false],
      ['', false],
    ] as const) {
      assert.equal(hasLightGround({ COLORFGBG }), light, COLORFGBG);
    }
  });

  test('is for terminals only', () => {
    for (const [tty, color, expected] of [
      [true, true, true],
      [true, false, false],
      [false, true, false],
    ] as const) {
      const { output, written } = outputOf({ format: 'json', color }, tty);
      output.result({ json: { a: 1 } });
      assert.equal(written.stdout.includes('\u001b'), expected);
    }
  });
});

suite('a filter', () => {
  test('makes what is written of the JSON, in order, and of nothing else', async () => {
    const { output, written } = outputOf({ format: 'json' }, false);
    output.endLines();
    const first = Promise.withResolvers<string>();
    output.filterWith((json) => (json === '{"a":1}' ? first.promise : Promise.resolve(`<${json}>`)));
    output.result({ json: { a: 1 } });
    output.result({ json: 2, plain: 'two' });
    output.result({ plain: 'no json' });
    first.resolve('one');
    await output.settled();
    assert.equal(written.stdout, 'one\n<2>\n');
  });

  test('that fails is told when all is settled', async () => {
    const { output, written } = outputOf({ format: 'json' }, false);
    output.filterWith(() => Promise.reject(new Error('wrong')));
    output.result({ json: 1 });
    await assert.rejects(output.settled(), /wrong/);
    assert.equal(written.stdout, '');
  });
});

suite('notifications', () => {
  test('go to standard error with their glyphs, further lines below', () => {
    const { output, written } = outputOf({ color: false }, true);
    output.ok('done\nand more');
    output.warn('careful');
    output.info('so');
    output.note('detail');
    assert.deepEqual(written, { stdout: '', stderr: '  ✔ done\n    and more\n  ! careful\n  > so\n    detail\n' });
  });

  test('are kept back by --quiet, and are log records with -v', () => {
    const quiet = outputOf({ quiet: true }, false);
    quiet.output.ok('done');
    quiet.output.progress('working').done();
    assert.deepEqual(quiet.written, { stdout: '', stderr: '' });
    const verbose = outputOf({ verbose: 1 }, true);
    verbose.output.ok('done');
    verbose.output.result({ plain: '  \u001b[1m✔\u001b[22m Made\n    it' });
    assert.match(verbose.written.stdout, /^\S+Z INFO done\n\S+Z INFO Made\n\S+Z INFO it\n$/);
    assert.equal(verbose.written.stderr, '');
  });

  test('progress is lines when nobody watches, and leaves nothing behind when somebody does', () => {
    const piped = outputOf({}, false);
    const lines = piped.output.progress('one');
    lines.update('one');
    lines.update('two');
    lines.done();
    assert.equal(piped.written.stderr, '    one\n    two\n');
    const watched = outputOf({}, true);
    watched.output.spinner('one')[Symbol.dispose]();
    assert.ok(watched.written.stderr.endsWith('\r\u001b[K'));
    const unseen = outputOf({}, false);
    unseen.output.spinner('one').done();
    assert.equal(unseen.written.stderr, '');
  });
});

suite('a spinner', () => {
  test('makes room for lines and is not written into', () => {
    const { output, written } = outputOf({ color: false }, true);
    using progress = output.spinner('working');
    output.warn('careful');
    output.result({ plain: 'result' });
    progress.done();
    output.ok('done');
    assert.equal(written.stderr, '\r\u001b[K  ⠋ working\r\u001b[K  ! careful\n\r\u001b[K\r\u001b[K  ✔ done\n');
  });
});

suite('a failure', () => {
  const plain = createStyle(false);

  test('shows its chain of causes, one place, one remedy and every code', () => {
    const error = new CodedError('OUTER', 'it failed', {
      cause: new CodedError('INNER', 'because\nof this', {
        cause: new Error('deep'),
        place: 'a.yaml:1:2',
        remedy: 'do that',
      }),
    });
    assert.equal(
      renderError(error, plain),
      '\n  × it failed\n  ├─▶ because\n    of this\n  ╰─▶ deep\n    at a.yaml:1:2\n    help: do that\n    code: OUTER ← INNER\n    Error code: PGE500, version: ' +
        `${VERSION}\n`,
    );
  });

  test('says nothing twice: a cause whose words it ends with is in the codes alone', () => {
    const inner = new CodedError('INNER', 'no way', { cause: new Error('way') });
    const error = new CodedError('OUTER', 'it failed: no way', { cause: inner });
    assert.match(renderError(error, plain), /^\n {2}× it failed: no way\n {4}help: .*\n {4}code: OUTER ← INNER\n/);
    const other = new CodedError('OUTER', 'it failed', { cause: inner });
    assert.match(renderError(other, plain), /^\n {2}× it failed\n {2}╰─▶ no way\n {4}help: /);
  });

  test('has a hint from the table when it brings none', () => {
    const error = new CodedError('NODE_START_FAILED', 'no', {
      cause: new CodedError('TRANSPORT_LISTEN_FAILED', 'in use'),
    });
    assert.match(renderError(error, plain), /\n {4}help: choose another address or port/);
  });

  test('that brings no remedy says where the innermost code is looked up, unless the message says it all', () => {
    const inner = new CodedError('NOISE_DECRYPT_FAILED', 'no');
    const error = new CodedError('CLI_FAILED', 'no', { cause: inner });
    assert.match(
      renderError(error, plain),
      /\n {4}help: docs\/errors\.md says what to do about NOISE_DECRYPT_FAILED\n/,
    );
    assert.doesNotMatch(renderError(new CodedError('CLI_FAILED', 'no'), plain), /help:/);
    assert.doesNotMatch(renderError(new Error('no'), plain), /help:/);
  });

  test('has a number for its kind, from the outermost code that says one', () => {
    const kindOfCode = (code: string, cause?: CodedError): string | undefined =>
      /Error code: (PGE\d+),/.exec(renderError(new CodedError(code, 'no', { cause }), plain))?.[1];
    for (const [code, kind] of [
      ['CLI_NOT_FOUND', 'PGE404'],
      ['NODE_UNKNOWN', 'PGE404'],
      ['ENROLLMENT_REFUSED', 'PGE401'],
      ['NODE_RUNNING', 'PGE409'],
      ['NODE_NOT_RUNNING', 'PGE503'],
      ['CLI_FAILED', 'PGE500'],
      ['constructor', 'PGE500'],
    ] as const) {
      assert.equal(kindOfCode(code), kind, code);
    }
    assert.equal(kindOfCode('CLI_FAILED', new CodedError('CHANNEL_TIMED_OUT', 'late')), 'PGE503');
  });

  test('the table knows only codes that exist', () => {
    const known = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    for (const code of Object.keys(OUTCOMES)) assert.ok(known.includes(`| \`${code}\` |`), code);
  });

  test('does not let others move the cursor', () => {
    assert.equal(
      renderError(new Error('a\u001b[2Jb\rc'), plain),
      `\n  × a�[2Jb�c\n    Error code: PGE500, version: ${VERSION}\n`,
    );
  });
});

suite('small things', () => {
  test('durations and sizes are written as they are read', () => {
    for (const [ms, text] of [
      [600_000, '10m'],
      [240_000, '4m'],
      [90_000, '90s'],
      [3_600_000, '1h'],
      [172_800_000, '2d'],
      [1500, '1500ms'],
      [0, '0s'],
    ] as const) {
      assert.equal(formatDuration(ms), text);
      assert.equal(durationMs(text), ms);
    }
    for (const [bytes, text] of [
      [0, '0'],
      [1000, '1000'],
      [64 * 1024, '64KiB'],
      [128 * 1024 ** 2, '128MiB'],
      [2 * 1024 ** 3, '2GiB'],
    ] as const) {
      assert.equal(formatBytes(bytes), text);
      assert.equal(byteCount(text), bytes);
    }
  });

  test('a placeholder takes its line as it is, also when a name in it looks like a pattern of replacement', () => {
    const line = (): string => "/service/a$&b$'c$`d$$e";
    assert.deepEqual(fillPlaceholders(['/-/x', 'y/-', '-/z'], line), [
      "/service/a$&b$'c$`d$$e/x",
      "y/service/a$&b$'c$`d$$e",
      "/service/a$&b$'c$`d$$e/z",
    ]);
  });

  test('a placeholder takes one line an argument and puts its parts in', () => {
    const lines = ['/service/7c', ' /worker/9f/ '];
    const filled = fillPlaceholders(['-', '--to=-/service/x', '/node/n2/-/service/echo', '--'], () => lines.shift());
    assert.deepEqual(filled, ['-', '--to=/service/7c/service/x', '/node/n2/worker/9f/service/echo', '--']);
  });

  test('a word is near to what was probably meant', () => {
    const names = ['list', 'show', 'delete', 'default'];
    assert.equal(nearest('lsit', names), 'list');
    assert.equal(nearest('delte', names), 'delete');
    assert.equal(nearest('sho', names), 'show');
    assert.equal(nearest('create', names), undefined);
    assert.equal(nearest('x'.repeat(10_000), names), undefined);
  });
});
