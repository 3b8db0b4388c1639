import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../../compute/metrics/index.ts';
import { exposition } from './exposition.ts';
import type { Metric } from './metric.ts';
import { readExposition, valueOf } from './testdata/read-exposition.ts';

test('the format, to the byte', () => {
  const histogram = new Histogram([0.005, 0.25, 1]);
  for (const value of [0.001, 0.2, 0.25, 7]) histogram.observe(value);
  const metrics: Metric[] = [
    {
      type: 'counter',
      name: 'perigee_a_total',
      help: 'A "help" with a \\ and\na second line.',
      unit: '',
      series: [
        { labels: {}, value: 3 },
        { labels: { path: 'C:\\x', say: '"hi"\n' }, value: 1e21 },
      ],
    },
    { type: 'gauge', name: 'perigee_empty', help: 'Nothing yet.', unit: '', series: [] },
    {
      type: 'histogram',
      name: 'perigee_h_seconds',
      help: 'H.',
      unit: 's',
      series: [{ labels: { f: 'g' }, value: histogram.snapshot() }],
    },
  ];
  const text = exposition(metrics);
  assert.equal(
    text,
    String.raw`# HELP perigee_a_total A "help" with a \\ and\na second line.
# TYPE perigee_a_total counter
perigee_a_total 3
perigee_a_total{path="C:\\x",say="\"hi\"\n"} 1e+21
# HELP perigee_empty Nothing yet.
# TYPE perigee_empty gauge
# HELP perigee_h_seconds H.
# TYPE perigee_h_seconds histogram
perigee_h_seconds_bucket{f="g",le="0.005"} 1
perigee_h_seconds_bucket{f="g",le="0.25"} 3
perigee_h_seconds_bucket{f="g",le="1"} 3
perigee_h_seconds_bucket{f="g",le="+Inf"} 4
perigee_h_seconds_sum{f="g"} 7.451
perigee_h_seconds_count{f="g"} 4
`,
  );
  const read = readExposition(text);
  assert.equal(valueOf(read, 'perigee_a_total', { path: 'C:\\x', say: '"hi"\n' }), 1e21);
});

test('whatever a label or value is, a strict reader reads it back', () => {
  const labels = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/),
    fc.string({ unit: 'binary' }).filter((s) => !s.includes('\r')),
    {
      noNullPrototype: true,
    },
  );
  fc.assert(
    fc.property(labels, fc.double(), (some, value) => {
      const text = exposition([
        { type: 'gauge', name: 'perigee_x', help: 'X.', unit: '', series: [{ labels: some, value }] },
      ]);
      const [sample] = readExposition(text).get('perigee_x')?.samples ?? [];
      assert.deepEqual(new Map(Object.entries(sample?.labels ?? {})), new Map(Object.entries(some)));
      assert.ok(sample?.value === value || (Number.isNaN(value) && Number.isNaN(sample?.value)));
    }),
    { numRuns: 50 },
  );
});

test('the reader of this test refuses what is wrong', () => {
  const good = '# HELP a_total A.\n# TYPE a_total counter\na_total{b="c"} 1\n';
  readExposition(good);
  for (const bad of [
    good.slice(0, -1),
    good.replace('a_total{', 'b_total{'),
    good.replace(' 1', ' one'),
    good.replace('"c"', '"c'),
    good.replace('"c"', '"\\c"'),
    good.replace('# TYPE a_total counter\n', ''),
    `${good}a_total{b="c"} 2\n`,
    good.replaceAll('_total', ''),
    good.replaceAll('\n', '\r\n'),
    good.replace('{b=', '{__b='),
  ]) {
    assert.throws(() => readExposition(bad), assert.AssertionError, bad);
  }
});
