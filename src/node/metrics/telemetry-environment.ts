/** Whether the environment asks for metrics to be exported (OpenTelemetry, OTLP exporter configuration). */
export function wantsTelemetry(environment: Readonly<Record<string, string | undefined>>): boolean {
  const { OTEL_SDK_DISABLED: off, OTEL_METRICS_EXPORTER: kind } = environment;
  if (off?.toLowerCase() === 'true' || kind === 'none') return false;
  const { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: all } = environment;
  return (own ?? '') !== '' || (all ?? '') !== '';
}
