import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { FunctionRecords } from '../../compute/metrics/index.ts';
import { GatewayMetrics, type Metric, sandboxMetrics, SatMetrics } from './index.ts';
import { ProcessMetrics } from './process-metrics.ts';

// The document is held to the code.

const guide = readFileSync(path.join(import.meta.dirname, '../../../docs/observability.md'), 'utf8');

/** Name, labels and text of every metric in the section `heading`. */
function rowsOf(heading: string): [name: string, labels: string, text: string][] {
  const section = guide.split(/^#{2,3} /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `(perigee_\w+)` \| (.*?) ?\| (.+) \|$/gm)].map(
    ([, name = '', labels = '', text = '']) => [name, labels.replaceAll('`', ''), text],
  );
}

function published(): Readonly<Record<string, readonly Metric[]>> {
  const functions = new FunctionRecords();
  const cost = { wallMs: 1, queueMs: 0, startMs: 0, runMs: 1, waitMs: 0, cpuMs: 1, memoryBytes: 1, hostCalls: 1 };
  functions.count('f', 'output', cost);
  functions.deny('f', 'fetch');
  const gateway = new GatewayMetrics();
  const request = { kind: 'request', requestId: '', method: '', path: '', handler: 'h', status: 200, ms: 1 } as const;
  gateway.count({ ...request, sat: undefined, code: undefined, reason: undefined });
  const sat = { identifier: 'I', inFlight: 1 } as never;
  using process = new ProcessMetrics(new VirtualClock());
  return {
    '3.1': process.metrics(),
    '3.2': sandboxMetrics({
      threads: [],
      modules: 0,
      inFlight: 0,
      waiting: 0,
      openHostCalls: 0,
      outputs: 0,
      guestErrors: 0,
      failures: {},
      cpuMs: 0,
      hostCalls: 0,
      threadsLost: 0,
      functions: functions.snapshot(),
    }),
    '3.3': new SatMetrics().metrics({ state: 'waiting', gateway: undefined, inFlight: 0, trouble: undefined }),
    '3.4': gateway.metrics({
      name: '',
      application: undefined,
      sats: [sat],
      requests: { open: 0, served: 0, failed: 0, waiting: 0 },
    }),
  };
}

test('the tables list exactly the metrics there are, with their labels', () => {
  for (const [section, metrics] of Object.entries(published())) {
    assert.deepEqual(
      rowsOf(section).map(([name, labels]) => [name, labels]),
      metrics.map(({ name, series }) => [name, Object.keys(series[0]?.labels ?? {}).join(', ')]),
      section,
    );
    for (const { name, type } of metrics) {
      const text = rowsOf(section).find(([listed]) => listed === name)?.[2] ?? '';
      assert.equal(text.startsWith('histogram:'), type === 'histogram', name);
    }
  }
});

test('names follow the rules of both formats', () => {
  for (const { name, type, unit, help } of Object.values(published()).flat()) {
    assert.match(name, /^perigee_[a-z_]+$/);
    assert.match(help, /^[A-Z0-9].*\.$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    const ending = { '': '', s: '_seconds', By: '_bytes' }[unit];
    assert.ok(name.replace(/_total$/, '').endsWith(ending), name);
  }
});
