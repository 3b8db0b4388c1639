import { createRequire } from 'node:module';
import type { MeterProviderOptions } from '@opentelemetry/sdk-metrics';

/** Who exports, as the SDK writes it down. */
export type Resource = NonNullable<MeterProviderOptions['resource']>;

/** Who exports. */
export interface Exporting {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `service.name` unless `OTEL_SERVICE_NAME` says otherwise. */
  readonly service: string;
  /** `service.instance.id`: the node's name. */
  readonly instance?: string | undefined;
  /** `service.version`. */
  readonly version: string;
}

/**
 * The resource of what `sdk` exports: `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` count before our own words.
 * @param sdk a package that depends on the SDK's resources: they are found from there, as package managers need not put them where we
 *   would find them.
 */
export function resourceOf(sdk: string, { environment, service, instance, version }: Exporting): Resource {
  const require = createRequire(createRequire(import.meta.url).resolve(sdk));
  const { resourceFromAttributes, defaultResource } = require('@opentelemetry/resources') as {
    resourceFromAttributes: (attributes: Record<string, string>) => Resource;
    defaultResource: () => Resource;
  };
  return defaultResource().merge(
    resourceFromAttributes({
      'service.version': version,
      ...(instance !== undefined && { 'service.instance.id': instance }),
      ...attributesOf(environment['OTEL_RESOURCE_ATTRIBUTES'] ?? ''),
      'service.name': environment['OTEL_SERVICE_NAME'] ?? service,
    }),
  );
}

/** `key=value,key=value`, percent-encoded; a malformed list is ignored whole, as OpenTelemetry asks. */
function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  try {
    for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
      const at = pair.indexOf('=');
      if (at < 1) return {};
      attributes[decodeURIComponent(pair.slice(0, at).trim())] = decodeURIComponent(pair.slice(at + 1).trim());
    }
  } catch (error) {
    if (error instanceof URIError) return {};
    throw error;
  }
  return attributes;
}
