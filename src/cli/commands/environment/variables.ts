/** Environment variables that are read, one row each (`commands.md` §2); a test compares them with the sources and the document. */

/** A variable. */
export interface Variable {
  /** Its name; with `prefixed` the part behind `PERIGEE_`. */
  readonly name: string;
  /** `own`: read as `PERIGEE_NAME` only; `both`: also as `OCKAM_NAME`, when that is unset. */
  readonly prefixed?: 'own' | 'both';
  readonly type: string;
  readonly otherwise?: string;
  readonly meaning: string;
}

/** By what they are about. */
export const VARIABLES: Readonly<Record<string, readonly Variable[]>> = {
  'One command': [
    { name: 'QUIET', type: 'true or false', otherwise: 'false', meaning: 'as --quiet' },
    { name: 'NO_COLOR', type: 'true or false', otherwise: 'false', meaning: 'as --no-color' },
    { name: 'NO_INPUT', type: 'true or false', otherwise: 'false', meaning: 'as --no-input' },
    { name: 'CI', type: 'true or false', otherwise: 'false', meaning: 'nobody can be asked' },
    { name: 'TERM', type: 'name of a terminal', meaning: 'no colours when it is dumb' },
    {
      name: 'COLORFGBG',
      type: 'numbers of two colours',
      meaning: 'with a light ground at its end JSON is coloured darker',
    },
    { name: 'PAGER', type: 'program, without arguments', otherwise: 'less', meaning: 'shows help on a terminal' },
    {
      name: 'HELP_SHOW_HIDDEN',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'help shows hidden commands and flags; the other name has the opposite meaning',
    },
    {
      name: 'HELP_RENDER_MARKDOWN',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'help is Markdown',
    },
    {
      name: 'DEFAULT_TIMEOUT',
      prefixed: 'both',
      type: 'duration',
      otherwise: '120s',
      meaning: 'how long a node may take to answer where no --timeout says so; also that of secure-channel create',
    },
    {
      name: 'EBPF',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'refused when it is true: there are no eBPF portals',
    },
    {
      name: 'COMMAND_RETRY_COUNT',
      prefixed: 'both',
      type: 'number',
      meaning: 'as --retry-count of commands that have it',
    },
    {
      name: 'COMMAND_RETRY_DELAY',
      prefixed: 'both',
      type: 'duration',
      meaning: 'as --retry-delay of commands that have it',
    },
  ],
  Home: [
    { name: 'HOME', prefixed: 'both', type: 'path', otherwise: '~/.perigee', meaning: 'where everything is kept' },
    { name: 'KEY_FILE', prefixed: 'own', type: 'path', meaning: 'file with the key that unlocks secret keys' },
    {
      name: 'PASSPHRASE_FILE',
      prefixed: 'own',
      type: 'path',
      meaning: 'file with the passphrase that unlocks secret keys',
    },
    { name: 'POSTGRES_HOST', prefixed: 'both', type: 'host', meaning: 'refused: state is in the home' },
    { name: 'POSTGRES_PORT', prefixed: 'both', type: 'port', meaning: 'refused: state is in the home' },
  ],
  'Nodes and credentials': [
    { name: 'ENROLLMENT_TICKET', type: 'ticket, path or address', meaning: 'as --enrollment-ticket of node create' },
    {
      name: 'CREDENTIAL_TTL_SECS',
      type: 'seconds',
      otherwise: '2592000',
      meaning: 'how long credentials of an authority are valid',
    },
    {
      name: 'CONTROLLER_ADDR',
      prefixed: 'both',
      type: 'route',
      meaning: 'refused by enroll: there are no controllers; nothing else looks at it',
    },
    {
      name: 'CONTROLLER_IDENTITY_ID',
      prefixed: 'both',
      type: 'identifier',
      meaning: 'refused by enroll: there are no controllers; nothing else looks at it',
    },
    {
      name: 'AUTHENTICATOR_ENDPOINT',
      prefixed: 'both',
      type: 'address',
      meaning: 'refused by enroll: there is no sign-in service; nothing else looks at it',
    },
    { name: 'SAT_HTTP_PORT', type: 'port', meaning: 'as --http-port of sat run' },
  ],
  Logs: [
    {
      name: 'LOGGING',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'commands log, to commands/ of the home',
    },
    {
      name: 'LOG_CRATES_FILTER',
      prefixed: 'both',
      type: 'all, basic, core or names of parts',
      otherwise: 'basic',
      meaning: 'whose records are logged; the three words mean everything',
    },
    {
      name: 'LOG_LEVEL',
      prefixed: 'both',
      type: 'error, warn, info, debug or trace',
      otherwise: 'info; of commands debug',
      meaning: 'what is logged, without -v',
    },
    {
      name: 'LOG_FORMAT',
      prefixed: 'both',
      type: 'default, pretty or json',
      otherwise: 'default',
      meaning: 'how it is logged',
    },
    { name: 'LOG_MAX_SIZE_MB', prefixed: 'both', type: 'number', otherwise: '100', meaning: 'size of a log file' },
    {
      name: 'LOG_MAX_FILES',
      prefixed: 'both',
      type: 'number',
      otherwise: '60',
      meaning: 'log files that a node keeps',
    },
  ],
  'Traces and logs that are exported': [
    {
      name: 'OPENTELEMETRY_EXPORT',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'traces and logs are exported, if there is an endpoint',
    },
    {
      name: 'OPENTELEMETRY_ENDPOINT',
      prefixed: 'both',
      type: 'address',
      meaning: 'collector that takes OTLP over gRPC, http:// or https://',
    },
    { name: 'OPENTELEMETRY_HEADERS', prefixed: 'both', type: 'key=value,…', meaning: 'sent with each export' },
    {
      name: 'OPENTELEMETRY_EXPORT_DEBUG',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'what is exported is told on standard error',
    },
    {
      name: 'FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT',
      prefixed: 'both',
      type: 'duration',
      otherwise: '500ms',
      meaning: 'how long a command waits for the collector when it begins, and when it ends',
    },
    {
      name: 'BACKGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT',
      prefixed: 'both',
      type: 'duration',
      otherwise: '2s',
      meaning: 'how long a node waits for it when it ends',
    },
    { name: 'SPAN_EXPORT_TIMEOUT', prefixed: 'both', type: 'duration', otherwise: '5s', meaning: 'of one export' },
    { name: 'LOG_EXPORT_TIMEOUT', prefixed: 'both', type: 'duration', otherwise: '5s', meaning: 'of one export' },
    {
      name: 'FOREGROUND_SPAN_EXPORT_SCHEDULED_DELAY',
      prefixed: 'both',
      type: 'duration',
      otherwise: '10s',
      meaning: 'how long spans of a command wait for more',
    },
    {
      name: 'FOREGROUND_LOG_EXPORT_SCHEDULED_DELAY',
      prefixed: 'both',
      type: 'duration',
      otherwise: '10s',
      meaning: 'how long log records of a command wait for more',
    },
    {
      name: 'BACKGROUND_SPAN_EXPORT_SCHEDULED_DELAY',
      prefixed: 'both',
      type: 'duration',
      otherwise: '1s',
      meaning: 'how long spans of a node wait for more',
    },
    {
      name: 'BACKGROUND_LOG_EXPORT_SCHEDULED_DELAY',
      prefixed: 'both',
      type: 'duration',
      otherwise: '1s',
      meaning: 'how long log records of a node wait for more',
    },
    {
      name: 'SPAN_EXPORT_QUEUE_SIZE',
      prefixed: 'both',
      type: 'number',
      otherwise: '32768',
      meaning: 'spans that may wait; more are lost',
    },
    {
      name: 'LOG_EXPORT_QUEUE_SIZE',
      prefixed: 'both',
      type: 'number',
      otherwise: '32768',
      meaning: 'log records that may wait; more are lost',
    },
    {
      name: 'TRACING_GLOBAL_ERROR_HANDLER',
      prefixed: 'both',
      type: 'console, logfile or off',
      otherwise: 'logfile',
      meaning: 'where it is told that an export failed',
    },
    {
      name: 'OPENTELEMETRY_EXPORT_VIA_PORTAL',
      prefixed: 'both',
      type: 'true or false',
      otherwise: 'false',
      meaning: 'has no effect',
    },
    {
      name: 'FOREGROUND_SPAN_EXPORT_PORTAL_CUTOFF',
      prefixed: 'both',
      type: 'duration',
      otherwise: '300ms',
      meaning: 'has no effect',
    },
    {
      name: 'FOREGROUND_LOG_EXPORT_PORTAL_CUTOFF',
      prefixed: 'both',
      type: 'duration',
      otherwise: '300ms',
      meaning: 'has no effect',
    },
    { name: 'DEVELOPER', prefixed: 'both', type: 'true or false', otherwise: 'false', meaning: 'has no effect' },
    { name: 'TRACEPARENT', type: 'W3C traceparent', meaning: 'the trace that a command or a node goes on with' },
  ],
  Metrics: [
    { name: 'OTEL_SDK_DISABLED', type: 'true or false', otherwise: 'false', meaning: 'no metrics are sent' },
    { name: 'OTEL_METRICS_EXPORTER', type: 'otlp or none', otherwise: 'otlp', meaning: 'how they are sent' },
    { name: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', type: 'address', meaning: 'where metrics are sent to' },
    {
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      type: 'address',
      meaning: 'where everything is sent to, when the one above is unset',
    },
    {
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      type: 'key=value,…',
      meaning: 'added to what is sent, also to traces and logs',
    },
    { name: 'OTEL_SERVICE_NAME', type: 'text', meaning: 'name of this service' },
  ],
};

/** The names under which a variable is looked for, the first one first. */
export function namesOf({ name, prefixed }: Variable): readonly string[] {
  if (prefixed === undefined) return [name];
  return prefixed === 'own' ? [`PERIGEE_${name}`] : [`PERIGEE_${name}`, `OCKAM_${name}`];
}
