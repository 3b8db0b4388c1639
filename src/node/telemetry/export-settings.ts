/** Where the exporter's own errors go (`observability.md` §6.1). */
export type TroubleOutput = 'console' | 'logfile' | 'off';

/** How one of the two signals is exported. */
export interface SignalSettings {
  /** How long one export may take, milliseconds. */
  readonly timeoutMs: number;
  /** How long what is not a full batch waits for more, milliseconds. */
  readonly delayMs: number;
  /** How many may wait; more are dropped. */
  readonly queueSize: number;
}

/** What is exported to where. */
export interface ExportSettings {
  /** The collector: `http:` for plain text, `https:` for TLS; OTLP over gRPC. */
  readonly endpoint: URL;
  /** Sent with each export; secrets may be among them. */
  readonly headers: ReadonlyMap<string, string>;
  /** How long the collector may take to accept a connection, and what is left may take to get to it at the end, milliseconds. */
  readonly connectionTimeoutMs: number;
  readonly spans: SignalSettings;
  readonly logs: SignalSettings;
  /** Says on the console what is exported. */
  readonly debug: boolean;
  readonly trouble: TroubleOutput;
}
