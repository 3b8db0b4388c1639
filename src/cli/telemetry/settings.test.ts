import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VARIABLES } from '../commands/environment/variables.ts';
import { isExporting } from '../environment.ts';
import { exportSettings } from './settings.ts';

const ENDPOINT = { PERIGEE_OPENTELEMETRY_ENDPOINT: 'http://127.0.0.1:4317' };

/** One malformed value of each variable that is read when something is exported. */
const MALFORMED: Readonly<Record<string, string>> = {
  OPENTELEMETRY_ENDPOINT: 'collector',
  OPENTELEMETRY_HEADERS: 'secret',
  OPENTELEMETRY_EXPORT_DEBUG: 'maybe',
  OPENTELEMETRY_EXPORT_VIA_PORTAL: 'maybe',
  FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: 'soon',
  BACKGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '0s',
  SPAN_EXPORT_TIMEOUT: '-1s',
  LOG_EXPORT_TIMEOUT: '2h',
  FOREGROUND_SPAN_EXPORT_SCHEDULED_DELAY: '1 s',
  FOREGROUND_LOG_EXPORT_SCHEDULED_DELAY: 'x',
  BACKGROUND_SPAN_EXPORT_SCHEDULED_DELAY: 'x',
  BACKGROUND_LOG_EXPORT_SCHEDULED_DELAY: 'x',
  SPAN_EXPORT_QUEUE_SIZE: '0',
  LOG_EXPORT_QUEUE_SIZE: '1000001',
  FOREGROUND_SPAN_EXPORT_PORTAL_CUTOFF: 'x',
  FOREGROUND_LOG_EXPORT_PORTAL_CUTOFF: 'x',
  TRACING_GLOBAL_ERROR_HANDLER: 'stderr',
  DEVELOPER: 'x',
};

suite('the variables of exported traces and logs', () => {
  test('nothing is exported unless it is wanted', () => {
    assert.equal(isExporting({ ...ENDPOINT }), false);
    assert.equal(isExporting({ PERIGEE_OPENTELEMETRY_EXPORT: 'true' }), true);
    assert.equal(isExporting({ OCKAM_OPENTELEMETRY_EXPORT: '1' }), true);
    assert.equal(isExporting({ PERIGEE_OPENTELEMETRY_EXPORT: 'no', OCKAM_OPENTELEMETRY_EXPORT: 'yes' }), false);
    assert.throws(() => isExporting({ OCKAM_OPENTELEMETRY_EXPORT: 'perhaps' }), {
      code: 'CLI_INVALID_ENVIRONMENT',
      message: 'cannot parse the value of the environment variable OCKAM_OPENTELEMETRY_EXPORT',
    });
    assert.equal(exportSettings({}, 'FOREGROUND'), undefined, 'nor without an endpoint');
  });

  test('defaults', () => {
    const foreground = exportSettings(ENDPOINT, 'FOREGROUND');
    assert.equal(foreground?.endpoint.href, 'http://127.0.0.1:4317/');
    const signal = { timeoutMs: 5_000, delayMs: 10_000, queueSize: 32_768 };
    assert.deepEqual([foreground?.spans, foreground?.logs], [signal, signal]);
    assert.deepEqual(
      [foreground?.connectionTimeoutMs, foreground?.debug, foreground?.trouble],
      [500, false, 'logfile'],
    );
    const background = exportSettings(ENDPOINT, 'BACKGROUND');
    assert.deepEqual(background?.spans, { ...signal, delayMs: 1_000 });
    assert.equal(background?.connectionTimeoutMs, 2_000);
  });

  test('every one is read under both names, ours first', () => {
    const all = {
      OPENTELEMETRY_ENDPOINT: 'https://collector.example:4317',
      OPENTELEMETRY_HEADERS: 'Authorization=Basic a=b, tenant = x',
      OPENTELEMETRY_EXPORT_DEBUG: 'yes',
      FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '1s',
      SPAN_EXPORT_TIMEOUT: '2s',
      LOG_EXPORT_TIMEOUT: '3s',
      FOREGROUND_SPAN_EXPORT_SCHEDULED_DELAY: '4ms',
      FOREGROUND_LOG_EXPORT_SCHEDULED_DELAY: '5ms',
      SPAN_EXPORT_QUEUE_SIZE: '6',
      LOG_EXPORT_QUEUE_SIZE: '7',
      TRACING_GLOBAL_ERROR_HANDLER: 'OFF',
    };
    const named = (prefix: string): Record<string, string> =>
      Object.fromEntries(Object.entries(all).map(([name, value]) => [`${prefix}_${name}`, value]));
    const expected = {
      endpoint: new URL('https://collector.example:4317'),
      headers: new Map([
        ['authorization', 'Basic a=b'],
        ['tenant', 'x'],
      ]),
      connectionTimeoutMs: 1_000,
      spans: { timeoutMs: 2_000, delayMs: 4, queueSize: 6 },
      logs: { timeoutMs: 3_000, delayMs: 5, queueSize: 7 },
      debug: true,
      trouble: 'off',
    };
    assert.deepEqual(exportSettings(named('PERIGEE'), 'FOREGROUND'), expected);
    assert.deepEqual(exportSettings(named('OCKAM'), 'FOREGROUND'), expected);
    const ours = { PERIGEE_SPAN_EXPORT_QUEUE_SIZE: '9', PERIGEE_BACKGROUND_SPAN_EXPORT_SCHEDULED_DELAY: '8s' };
    assert.equal(exportSettings({ ...named('OCKAM'), ...ours }, 'FOREGROUND')?.spans.queueSize, 9);
    assert.equal(exportSettings({ ...named('OCKAM'), ...ours }, 'BACKGROUND')?.spans.delayMs, 8_000);
  });

  test('a value that cannot be read is named, with a remedy, and never shown', () => {
    const listed = (VARIABLES['Traces and logs that are exported'] ?? []).map(({ name }) => name);
    assert.deepEqual(
      new Set(listed),
      new Set([...Object.keys(MALFORMED), 'OPENTELEMETRY_EXPORT', 'TRACEPARENT']),
      'none is forgotten here',
    );
    for (const [name, value] of Object.entries(MALFORMED)) {
      const ground = name.startsWith('BACKGROUND') ? 'BACKGROUND' : 'FOREGROUND';
      for (const prefix of ['PERIGEE', 'OCKAM']) {
        const environment = { ...(name === 'OPENTELEMETRY_ENDPOINT' ? {} : ENDPOINT), [`${prefix}_${name}`]: value };
        assert.throws(
          () => exportSettings(environment, ground),
          (error: Error & { code: string; remedy: string }) => {
            assert.equal(error.code, 'CLI_INVALID_ENVIRONMENT', name);
            assert.match(error.message, new RegExp(`environment variable (PERIGEE|OCKAM)_${name}$`));
            assert.ok(error.remedy.length > 0 && !`${error.message}${error.remedy}`.includes('secret'));
            return true;
          },
        );
      }
    }
  });

  test('an endpoint is an address and nothing else', () => {
    for (const bad of [
      'ftp://a',
      'http://user:word@a',
      'http://a/v1/traces',
      'http://a?b',
      'http://a#b',
      '127.0.0.1:4317',
      'http://',
      'http://a',
      'http://a:80',
      'https://127.0.0.1:4317',
      'https://[::1]:4317',
    ])
      assert.throws(
        () => exportSettings({ PERIGEE_OPENTELEMETRY_ENDPOINT: bad }, 'FOREGROUND'),
        { code: 'CLI_INVALID_ENVIRONMENT' },
        bad,
      );
    for (const good of ['http://[::1]:4317', 'https://collector.example', 'https://collector.example:4317'])
      assert.equal(exportSettings({ PERIGEE_OPENTELEMETRY_ENDPOINT: good }, 'FOREGROUND')?.endpoint.href, `${good}/`);
  });

  test('headers that gRPC would not carry are refused', () => {
    const many = Array.from({ length: 65 }, (_, i) => `k${i}=v`).join(',');
    for (const bad of [
      '=v',
      'a',
      'a=b,',
      'grpc-timeout=1',
      'key-bin=x',
      'a b=c',
      'a=é',
      'a=b\nc',
      many,
      `a=${'x'.repeat(8_192)}`,
    ]) {
      const environment = { ...ENDPOINT, PERIGEE_OPENTELEMETRY_HEADERS: bad };
      assert.throws(
        () => exportSettings(environment, 'FOREGROUND'),
        { code: 'CLI_INVALID_ENVIRONMENT' },
        bad.slice(0, 20),
      );
    }
  });
});
