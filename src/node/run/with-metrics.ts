import type { Collect } from '../metrics/index.ts';
import { publishMetrics } from '../metrics/index.ts';
import { systemClock } from '../system/index.ts';
import type { Body, BodyParts } from './body.ts';

/** What a node publishes. */
export interface NodeMetrics {
  /** `host:port` for scrapes, as the record has it. */
  readonly address: string | undefined;
  readonly collect: Collect;
  /** Told the address that was taken, for the next start. */
  readonly onAddress: (address: string) => void;
}

/**
 * `body` with its metrics published, and where in its status; closed when that does not work.
 * @throws {NodeError} NODE_LISTEN, NODE_TELEMETRY
 */
export async function withMetrics(
  body: Body,
  parts: BodyParts,
  { address, collect, onAddress }: NodeMetrics,
): Promise<Body> {
  const { options, core, record } = parts;
  const published = await publishMetrics({
    address,
    environment: options.environment,
    service: `perigee-${record.kind}`,
    instance: record.name,
    software: options.software,
    clock: systemClock,
    collect,
    onTrouble: (what) => core.log.warn('metrics: {what}', { what }),
  }).catch(async (error: unknown) => {
    await body.close(0);
    throw error;
  });
  if (published.address !== undefined) onAddress(published.address);
  const status = body.handlers['GET /status'];
  if (status === undefined) throw new Error('every node has a status');
  return {
    handlers: {
      ...body.handlers,
      'GET /status': async (bytes) => ({ ...((await status(bytes)) as object), metrics: published.url }),
    },
    close: async (deadlineMs) => {
      // What is counted while it ends is exported as well.
      await body.close(deadlineMs);
      await published.close();
    },
  };
}
