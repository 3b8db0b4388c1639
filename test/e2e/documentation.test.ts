import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createPlace } from './world.ts';

const NO_GROFF = spawnSync('groff', ['--version']).error === undefined ? undefined : 'there is no groff';

suite('commands about commands', () => {
  const place = createPlace();
  after(place.close);
  const inPlace = (name: string): string => path.join(place.directory, name);

  test('environment lists what is read, as text and as JSON', async () => {
    const text = await place.ok('environment');
    assert.match(text, /PERIGEE_HOME, else OCKAM_HOME\n {6}where everything is kept \(path; default ~\/\.perigee\)/);
    const json = await place.json<readonly { names: readonly string[] }[]>('environment', '--output', 'json');
    for (const { names } of json) assert.ok(text.includes(names.join(', else ')));
  });

  test('markdown writes a page for each command, with links that lead somewhere and nothing hidden', async () => {
    const { pages } = await place.json<{ pages: number }>('markdown', '--dir', 'pages');
    const files = readdirSync(inPlace('pages'));
    assert.equal(files.length, pages);
    for (const file of files) {
      const text = readFileSync(inPlace(`pages/${file}`), 'utf8');
      assert.ok(text.startsWith(`# ${file.slice(0, -3).split('-', 1)[0]}`));
      for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) assert.ok(files.includes(link), `${file}: ${link}`);
    }
    assert.ok(files.includes('perigee.md') && files.includes('perigee-node.md') && files.includes('perigee-demo.md'));
    const page = readFileSync(inPlace('pages/perigee-node-create.md'), 'utf8');
    assert.match(page, /\| `-f, --foreground` \| run in this process \|/);
    assert.doesNotMatch(page, /--node-config/);
    assert.deepEqual(
      files.filter((file) => /-(?:process|manpages|markdown)\b/.test(file)),
      [],
    );
  });

  test('manpages writes compressed pages where man finds them', async () => {
    await place.ok('manpages');
    const directory = inPlace('.local/share/man/man1');
    const text = gunzipSync(readFileSync(path.join(directory, 'perigee-node-create.1.gz'))).toString();
    assert.match(text, /^\.TH "PERIGEE\\-NODE\\-CREATE" "1" /);
    assert.match(text, /\n\.SH NAME\nperigee\\-node\\-create \\- Make a node\n/);
    assert.doesNotMatch(text, /node\\-config/);
    assert.ok(!existsSync(path.join(directory, 'perigee-process.1.gz')));
  });

  test('the manual is right in the eyes of groff', { skip: NO_GROFF }, async () => {
    await place.ok('manpages', '-n', '-d', 'manual');
    for (const page of ['perigee.1', 'perigee-project-ticket.1', 'perigee-sat-run.1']) {
      const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-P-cbou', '-ww', inPlace(`manual/${page}`)], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.match(stdout, /GLOBAL OPTIONS/);
    }
    const { stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', inPlace('manual/perigee-project-ticket.1')], {
      encoding: 'utf8',
    });
    assert.match(stdout, /-a, --attribute <KEY\[=VALUE\]>\n +what the member is/);
  });

  test('a place that cannot be written to is a failure', async () => {
    writeFileSync(inPlace('file'), '');
    const { code, stdout, stderr } = await place.run(['markdown', '-d', 'file/below']);
    assert.deepEqual([code, stdout], [70, '']);
    assert.match(stderr, /× cannot write pages to [\s\S]*╰─▶ ENOTDIR[\s\S]*code: CLI_FAILED/);
  });

  test('help of help, of a group and of a command are the same by either way', async () => {
    for (const words of [[], ['node'], ['node', 'create']]) {
      const direct = await place.ok(...words, '--help');
      assert.equal(await place.ok('help', ...words), direct);
      assert.equal(await place.ok(...words.slice(0, 1), 'help', ...words.slice(1)), direct);
    }
    const { code, stderr } = await place.run(['help', 'nod']);
    assert.equal(code, 64);
    assert.match(stderr, /unrecognized subcommand 'nod'/);
  });
});
