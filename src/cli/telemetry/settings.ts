import { isIP } from 'node:net';
import type { ExportSettings, SignalSettings, TroubleOutput } from '../../node/telemetry/index.ts';
import { durationMs } from '../arguments/values.ts';
import { type Environment, setting, switchSetting } from '../environment.ts';
import { CliError } from '../errors.ts';

/** Which defaults count: those of commands, or those of processes in the background. */
export type Ground = 'FOREGROUND' | 'BACKGROUND';

/** Specification (`commands.md` §2.2): names, and defaults in milliseconds and items. */
const CONNECTION = {
  FOREGROUND: ['FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT', 500],
  BACKGROUND: ['BACKGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT', 2_000],
} as const;
const SIGNALS = {
  spans: {
    timeout: ['SPAN_EXPORT_TIMEOUT', 5_000],
    delay: {
      FOREGROUND: ['FOREGROUND_SPAN_EXPORT_SCHEDULED_DELAY', 10_000],
      BACKGROUND: ['BACKGROUND_SPAN_EXPORT_SCHEDULED_DELAY', 1_000],
    },
    queue: 'SPAN_EXPORT_QUEUE_SIZE',
    cutoff: ['FOREGROUND_SPAN_EXPORT_PORTAL_CUTOFF', 300],
  },
  logs: {
    timeout: ['LOG_EXPORT_TIMEOUT', 5_000],
    delay: {
      FOREGROUND: ['FOREGROUND_LOG_EXPORT_SCHEDULED_DELAY', 10_000],
      BACKGROUND: ['BACKGROUND_LOG_EXPORT_SCHEDULED_DELAY', 1_000],
    },
    queue: 'LOG_EXPORT_QUEUE_SIZE',
    cutoff: ['FOREGROUND_LOG_EXPORT_PORTAL_CUTOFF', 300],
  },
} as const;
const QUEUE_SIZE = 32_768;
/** Ours. */
const LONGEST_MS = 3_600_000;
const LARGEST_QUEUE = 1_000_000;
const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 8_192;
const TROUBLE: readonly TroubleOutput[] = ['console', 'logfile', 'off'];

/**
 * What is exported to where (`commands.md` §2.2); undefined without an endpoint. That the export is wanted at all was looked at before.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT, also for what has no effect
 */
export function exportSettings(environment: Environment, ground: Ground): ExportSettings | undefined {
  const duration = ([name, otherwise]: readonly [string, number]): number =>
    durationSetting(environment, name, otherwise);
  const signal = ({ timeout, delay, queue, cutoff }: (typeof SIGNALS)[keyof typeof SIGNALS]): SignalSettings => {
    duration(cutoff);
    return {
      timeoutMs: duration(timeout),
      delayMs: duration(delay[ground]),
      queueSize: queueSetting(environment, queue),
    };
  };
  for (const ignored of ['OPENTELEMETRY_EXPORT_VIA_PORTAL', 'DEVELOPER']) flagSetting(environment, ignored);
  const endpoint = endpointSetting(environment);
  const settings = {
    headers: headersSetting(environment),
    connectionTimeoutMs: duration(CONNECTION[ground]),
    spans: signal(SIGNALS.spans),
    logs: signal(SIGNALS.logs),
    debug: flagSetting(environment, 'OPENTELEMETRY_EXPORT_DEBUG'),
    trouble: troubleSetting(environment),
  };
  return endpoint && { endpoint, ...settings };
}

function flagSetting(environment: Environment, name: string): boolean {
  return switchSetting(environment, `PERIGEE_${name}`) ?? switchSetting(environment, `OCKAM_${name}`) ?? false;
}

function endpointSetting(environment: Environment): URL | undefined {
  const text = setting(environment, 'OPENTELEMETRY_ENDPOINT');
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  // gRPC takes 443 for no port, and no certificate of an address.
  const isUsable =
    (url?.protocol === 'http:' && url.port !== '') ||
    (url?.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0);
  if (url !== null && isPlain && isUsable && url.hostname !== '' && url.pathname === '/') return url;
  throw invalid(
    'OPENTELEMETRY_ENDPOINT',
    'write the address of a collector that takes OTLP over gRPC: http://HOST:PORT, or https:// and a name, not an IP address',
  );
}

/** Values are secrets as often as not, and are in no complaint. */
function headersSetting(environment: Environment): ReadonlyMap<string, string> {
  const name = 'OPENTELEMETRY_HEADERS';
  const text = setting(environment, name);
  const headers = new Map<string, string>();
  if (text === undefined) return headers;
  const pairs = text.split(',');
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, at)).trim().toLowerCase();
    const value = pair.slice(at + 1).trim();
    const isKey = /^[0-9a-z_.-]+$/.test(key) && !key.startsWith('grpc-') && !key.endsWith('-bin');
    if (!isKey || !/^[ -~]*$/.test(value) || text.length > MAX_HEADER_BYTES || pairs.length > MAX_HEADERS) {
      throw invalid(
        name,
        `write KEY=VALUE,KEY=VALUE, at most ${MAX_HEADERS} of them and ${MAX_HEADER_BYTES} characters`,
      );
    }
    headers.set(key, value);
  }
  return headers;
}

function durationSetting(environment: Environment, name: string, otherwise: number): number {
  const text = setting(environment, name);
  if (text === undefined) return otherwise;
  const ms = parsedDuration(text);
  if (ms !== undefined && ms >= 1 && ms <= LONGEST_MS) return ms;
  throw invalid(name, 'write a duration of at most an hour, such as 500ms');
}

function parsedDuration(text: string): number | undefined {
  try {
    return durationMs(text);
  } catch {
    // The caller's complaint names the variable, which this one does not know.
    return undefined;
  }
}

function queueSetting(environment: Environment, name: string): number {
  const text = setting(environment, name);
  if (text === undefined) return QUEUE_SIZE;
  const size = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (size <= LARGEST_QUEUE) return size;
  throw invalid(name, `write a whole number from 1 to ${LARGEST_QUEUE}`);
}

function troubleSetting(environment: Environment): TroubleOutput {
  const text = setting(environment, 'TRACING_GLOBAL_ERROR_HANDLER')?.toLowerCase() ?? 'logfile';
  const found = TROUBLE.find((known) => known === text);
  if (found === undefined) throw invalid('TRACING_GLOBAL_ERROR_HANDLER', `use ${TROUBLE.join(', ')}`);
  return found;
}

function invalid(name: string, remedy: string): CliError {
  return new CliError('CLI_INVALID_ENVIRONMENT', `cannot parse the value of the environment variable PERIGEE_${name}`, {
    remedy,
  });
}
