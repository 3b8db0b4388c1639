import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { runApplication, type RunningApplication } from './testdata/running.ts';

const BUNDLE = new URL('../../examples/demo/modules.wasm.zip', import.meta.url);

/** What is tested, Markdown, HTML. */
const CASES: readonly (readonly [what: string, markdown: string, html: string])[] = [
  ['nothing', '', ''],
  ['a paragraph of two lines', 'one\ntwo\n\nthree\n', '<p>one\ntwo</p>\n<p>three</p>\n'],
  ['line ends of Windows', 'one\r\n\r\ntwo\r\n', '<p>one</p>\n<p>two</p>\n'],
  ['headings', '# A\n###### B ##\n#C\n####### D', '<h1 id="a">A</h1>\n<h6 id="b">B</h6>\n<p>#C\n####### D</p>\n'],
  ['a heading whose sign belongs to a word', '## C# and F#', '<h2 id="c-and-f">C# and F#</h2>\n'],
  ['underlined headings', 'A\nB\n===\n\nC\n---\n', '<h1 id="a-b">A\nB</h1>\n<h2 id="c">C</h2>\n'],
  ['rules', '***\n- - -\n', '<hr>\n<hr>\n'],
  [
    'emphasis',
    '*a* **b** ***c*** _d_ __e__ ~~f~~',
    p('<em>a</em> <strong>b</strong> <em><strong>c</strong></em> <em>d</em> <strong>e</strong> <del>f</del>'),
  ],
  [
    'emphasis inside emphasis',
    '**a *b* c** *d **e** f*',
    p('<strong>a <em>b</em> c</strong> <em>d <strong>e</strong> f</em>'),
  ],
  ['signs that emphasise nothing', '2 * 3 * 4, a_b_c, ~d~, *e, f*', p('2 * 3 * 4, a_b_c, ~d~, <em>e, f</em>')],
  ['signs without a partner', '**a* _b', p('*<em>a</em> _b')],
  ['emphasis that would cross a link', '*a [b*](c)', p('*a <a href="c">b*</a>')],
  ['code', '`a < b` ``c ` d`` ` e ` `` f', p('<code>a &lt; b</code> <code>c ` d</code> <code>e</code> `` f')],
  ['no emphasis in code', '`*a*` *`b`*', p('<code>*a*</code> <em><code>b</code></em>')],
  ['escapes', '\\*a\\* \\` \\b \\\\ \\<', p('*a* ` \\b \\ &lt;')],
  ['line breaks', 'a  \nb\\\nc\nd', p('a<br>\nb<br>\nc\nd')],
  [
    'links',
    '[a *b*](/c "d & e") [f](<g h>) [i](j_(k))',
    p('<a href="/c" title="d &amp; e">a <em>b</em></a> <a href="g h">f</a> <a href="j_(k)">i</a>'),
  ],
  ['what only looks like a link', '[a] [b] (c) [d](e f) ](g)', p('[a] [b] (c) [d](e f) ](g)')],
  ['a link inside a link', '[a [b](c) d](e)', p('[a <a href="c">b</a> d](e)')],
  ['a link after one that failed', '[a [b](c)] [d](e)', p('[a <a href="c">b</a>] <a href="e">d</a>')],
  [
    'images',
    '![a *b*](c.png "d") [![e](f)](g)',
    p('<img src="c.png" alt="a b" title="d"> <a href="g"><img src="f" alt="e"></a>'),
  ],
  [
    'addresses in angle brackets',
    '<https://a.example/?b&c> <d> <mailto:e@f>',
    p(
      '<a href="https://a.example/?b&amp;c">https://a.example/?b&amp;c</a> &lt;d&gt; <a href="mailto:e@f">mailto:e@f</a>',
    ),
  ],
  [
    'links that would run a script',
    '[a](javascript:b) [c](JaVaScRiPt:d) [e](<java\tscript:f>) [g](data:h) <vbscript:i> ![j](javascript:k)',
    p('a c e g &lt;vbscript:i&gt; j'),
  ],
  [
    'markup',
    '<script>alert("1")</script> &amp; <b onclick=x>',
    p('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp;amp; &lt;b onclick=x&gt;'),
  ],
  ['markup in attributes', '[a](/b"c) [d](e "f>") ', p('<a href="/b&quot;c">a</a> <a href="e" title="f&gt;">d</a>')],
  [
    'code blocks',
    '```js x\nif (a < b) {\n\n  c();\n}\n```\n~~~\n```\n~~~\n',
    '<pre><code class="language-js">if (a &lt; b) {\n\n  c();\n}\n</code></pre>\n<pre><code>```\n</code></pre>\n',
  ],
  ['a code block without an end', '````\na\n```\n', '<pre><code>a\n```\n\n</code></pre>\n'],
  ['an indented fence', '  ```\n    a\n  ```', '<pre><code>  a\n</code></pre>\n'],
  [
    'quotations',
    '> a\nb\n>\n> > c\n\nd',
    '<blockquote>\n<p>a\nb</p>\n<blockquote>\n<p>c</p>\n</blockquote>\n</blockquote>\n<p>d</p>\n',
  ],
  ['lists', '- a\n- b\n  c\n* d\n', '<ul>\n<li>a</li>\n<li>b\nc</li>\n</ul>\n<ul>\n<li>d</li>\n</ul>\n'],
  [
    'numbered lists',
    '3. a\n4. b\n\n1) c\n',
    '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n<ol>\n<li>c</li>\n</ol>\n',
  ],
  ['a list with space in it', '- a\n\n- b\n', '<ul>\n<li><p>a</p></li>\n<li><p>b</p></li>\n</ul>\n'],
  [
    'lists in lists',
    '- a\n  1. b\n     - c\n- d',
    '<ul>\n<li>a\n<ol>\n<li>b\n<ul>\n<li>c</li>\n</ul></li>\n</ol></li>\n<li>d</li>\n</ul>\n',
  ],
  [
    'blocks in a list',
    '1. a\n\n   ```\n   b\n\n   c\n   ```\n\n   > d\n',
    '<ol>\n<li><p>a</p>\n<pre><code>b\n\nc\n</code></pre>\n<blockquote>\n<p>d</p>\n</blockquote></li>\n</ol>\n',
  ],
  [
    'blank lines in code make no space',
    '- a\n  ```\n  b\n\n  c\n  ```\n- d',
    '<ul>\n<li>a\n<pre><code>b\n\nc\n</code></pre></li>\n<li>d</li>\n</ul>\n',
  ],
  ['tabs', '-\ta\n\n\tb\n', '<ul>\n<li><p>a</p>\n<p>b</p></li>\n</ul>\n'],
  [
    'a year at the beginning of a line',
    'It was\n1843. A\n-\nB',
    '<h2 id="it-was-1843-a">It was\n1843. A</h2>\n<p>B</p>\n',
  ],
  [
    'a table',
    '| a | *b* |\n|:--|:-:|\n| `c\\|d` | e |\n| f | g | h |\n| i\n\nj',
    '<table>\n<thead>\n<tr><th style="text-align:left">a</th><th style="text-align:center"><em>b</em></th></tr>\n</thead>\n<tbody>\n<tr><td style="text-align:left"><code>c|d</code></td><td style="text-align:center">e</td></tr>\n<tr><td style="text-align:left">f</td><td style="text-align:center">g</td></tr>\n<tr><td style="text-align:left">i</td><td style="text-align:center"></td></tr>\n</tbody>\n</table>\n<p>j</p>\n',
  ],
  [
    'a table without bars at its sides',
    'a | b\n--|-:\nc | d',
    '<table>\n<thead>\n<tr><th>a</th><th style="text-align:right">b</th></tr>\n</thead>\n<tbody>\n<tr><td>c</td><td style="text-align:right">d</td></tr>\n</tbody>\n</table>\n',
  ],
  ['bars that make no table', 'a | b\nc | d', p('a | b\nc | d')],
  ['letters beyond ASCII', '# Über 日本 🛰\n\n𝔘*ñ*', '<h1 id="über-日本-🛰">Über 日本 🛰</h1>\n<p>𝔘<em>ñ</em></p>\n'],
  ['a NUL', 'a\u0000b', p('a\ufffdb')],
];

/** Texts that make a careless renderer slow, deep or large. */
const HOSTILE: readonly (readonly [what: string, markdown: string])[] = [
  ['open emphasis', '*a '.repeat(30_000)],
  ['emphasis of two kinds', '*a _b '.repeat(15_000)],
  ['closing emphasis', 'a* '.repeat(30_000)],
  ['a wall of stars', '*'.repeat(60_000)],
  ['stars between letters', 'a**b'.repeat(15_000) + 'c* '.repeat(5000)],
  ['open brackets', '['.repeat(60_000)],
  ['brackets in pairs', '[]'.repeat(30_000)],
  ['links without an end', '[a]('.repeat(15_000)],
  ['links in brackets', '['.repeat(20_000) + '[a](b) '.repeat(5000)],
  ['images in images', '!['.repeat(10_000) + 'a' + '](b)'.repeat(10_000)],
  ['angle brackets', '<'.repeat(60_000)],
  ['open addresses', '<a:'.repeat(20_000)],
  ['backticks of all lengths', Array.from({ length: 300 }, (_, i) => `${'`'.repeat(i)} `).join('')],
  ['one backtick and the next', '` `` '.repeat(12_000)],
  ['backslashes', '\\'.repeat(60_000)],
  ['quotations in quotations', '>'.repeat(60_000)],
  ['many quotations', '>'.repeat(30).concat(' a\n').repeat(1500)],
  ['lists in lists', Array.from({ length: 300 }, (_, i) => `${' '.repeat(2 * i)}- a`).join('\n')],
  ['a wide list', '- a\n'.repeat(15_000)],
  ['numbers', '1. '.repeat(20_000)],
  ['a wide table', `${'|a'.repeat(2000)}\n${'|-'.repeat(2000)}\n${'|b'.repeat(2000)}`],
  ['a long table', `|a|b|\n|-|-|\n${'|c|d|\n'.repeat(8000)}`],
  ['a table of bars only', `${'|'.repeat(60_000)}\n${'|'.repeat(60_000)}`],
  ['fences', '```\n'.repeat(15_001)],
  ['white space', `${' '.repeat(60_000)}\n`.repeat(2)],
  ['headings', '#'.repeat(60_000)],
  ['ends of lines', '\n'.repeat(60_000)],
];

suite('render', () => {
  let app: RunningApplication;
  before(async () => {
    app = await runApplication(readFileSync(BUNDLE));
  });
  after(() => app[Symbol.asyncDispose]());

  const render = async (markdown: string): Promise<string> => {
    const answer = await app.request('POST', '/render', { body: markdown });
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  };

  for (const [what, markdown, html] of CASES) {
    test(what, async () => assert.equal(await render(markdown), html));
  }

  for (const [what, markdown] of HOSTILE) {
    test(`${what}: done in time, and in bounds`, async () => {
      const html = await render(markdown);
      assertHarmless(html);
      assert.ok(html.length < 40 * markdown.length + 1000, `${html.length} characters`);
    });
  }

  test('any text gives balanced tags of the known kinds', async () => {
    const piece = fc.constantFrom(
      ...'*|**|_|__|~~|`|``|[|]|(|)|![|](|)|<|>|"|\\|\n|\n\n|  \n| |- |1. |> |# |```|\n---\n|a|b c|http://x|javascript:y|é|🛰|&'.split(
        '|',
      ),
      '|',
      '\n|-|-|\n',
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (markdown) => assertHarmless(await render(markdown))),
      { numRuns: 400 },
    );
  });
});

const TAGS = /^(?:a|blockquote|br|code|del|em|h[1-6]|hr|img|li|ol|p|pre|strong|table|tbody|td|th|thead|tr|ul)$/;
const VOID: ReadonlySet<string> = new Set(['br', 'hr', 'img']);

const TAG = /<(\/?)([a-z]+[1-6]?)((?: [a-z]+="[^"<>]*")*)>/g;

/** Every `<` begins a known tag, every tag is closed where it must be, and no address has another scheme than the three. */
function assertHarmless(html: string): void {
  const open: string[] = [];
  for (const [, slash, tag = '', attributes = ''] of html.matchAll(TAG)) {
    assert.match(tag, TAGS);
    if (slash === '/') assert.equal(open.pop(), tag, 'tags are closed in order');
    else if (!VOID.has(tag)) open.push(tag);
    for (const [, name, value = ''] of attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)) {
      assert.match(name ?? '', /^(?:alt|class|href|id|src|start|style|title)$/);
      if (name === 'href' || name === 'src') assert.match(value, /^(?:https?:|mailto:|[^:]*(?:$|[/?#]))/i);
    }
  }
  assert.deepEqual(open, []);
  assert.ok(!/[<>]/.test(html.replaceAll(TAG, '')), 'nothing else is markup');
}

function p(html: string): string {
  return `<p>${html}</p>\n`;
}
