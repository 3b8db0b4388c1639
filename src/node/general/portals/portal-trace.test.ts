import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedTracing } from '../../../../test/support/recorded-tracing.ts';
import { portalTrace } from './portal-trace.ts';

const CLOSED = { kind: 'closed', peer: 'Ia', sentBytes: 7, receivedBytes: 9 } as const;

test('each connection of a portal is a trace of its own, from its begin to its end', () => {
  const { tracing, spans } = recordedTracing();
  const trace = portalTrace(tracing, 'tcp-inlet connection', 'web');
  trace({ kind: 'up' });
  trace({ kind: 'opened', connection: 'c1', peer: 'Ia' });
  trace({ kind: 'opened', connection: 'c2', peer: undefined });
  trace({ kind: 'message-refused', connection: 'c1', reason: 'secret' });
  trace({ ...CLOSED, connection: 'c1', reason: 'peer-end', detail: 'secret' });
  trace({ kind: 'down', reason: 'secret' });
  trace({ ...CLOSED, connection: 'c2', reason: 'way-lost' });
  trace({ kind: 'refused', peer: 'Ib', reason: 'secret' });
  // An inlet's connection that was never open.
  trace({ ...CLOSED, connection: 'c3', reason: 'unanswered' });
  const ending = { 'perigee.sent_bytes': 7, 'perigee.received_bytes': 9 };
  assert.deepEqual(
    spans.map(({ parent, attributes, ended, error }) => [parent, attributes, ended, error]),
    [
      ['', { 'perigee.portal': 'web', 'perigee.peer': 'Ia', ...ending, 'perigee.end': 'peer-end' }, true, undefined],
      ['', { 'perigee.portal': 'web', ...ending, 'perigee.end': 'way-lost' }, true, 'way-lost'],
      ['', { 'perigee.portal': 'web', 'perigee.peer': 'Ib' }, true, 'refused'],
    ],
  );
  assert.ok(spans.every(({ name }) => name === 'tcp-inlet connection'));
  assert.ok(!JSON.stringify(spans).includes('secret'));
});

test('nothing is kept without tracing', () => {
  const trace = portalTrace(undefined, 'tcp-inlet connection', 'web');
  trace({ kind: 'opened', connection: 'c1', peer: undefined });
});
