import path from 'node:path';
import { decodeGrants } from '../../compute/capability/index.ts';
import { parseServiceRoute } from '../../project/enrollment/index.ts';
import { parsePolicy } from '../../trust/policy/index.ts';
import { type SatConfiguration, startSatNode } from '../sat/index.ts';
import { type Body, common, type MemberParts } from './body.ts';
import { checkProfile } from './profile-call.ts';
import { withMetrics } from './with-metrics.ts';

/** The body of a Sat. @throws as `startSatNode` */
export async function satBody(parts: MemberParts): Promise<Body> {
  const { options, core, membership, record } = parts;
  const { home, name, software } = options;
  const configuration = record.configuration as SatConfiguration;
  const { gateway, route, allow, ceiling, labels, workers, isolation, wasi } = configuration;
  const sat = await startSatNode({
    core,
    membership,
    gateway,
    route: route === undefined ? undefined : parseServiceRoute(route, 'route to the gateway'),
    allow: allow === undefined ? undefined : parsePolicy(allow),
    ceiling: ceiling === undefined ? undefined : decodeGrants(ceiling),
    labels: new Map(labels),
    cacheDirectory: path.join(home.directory, 'modules'),
    threads: workers,
    isolation,
    wasi,
    software,
  });
  const body: Body = {
    close: sat.close,
    handlers: {
      'GET /status': () => ({ ...common(parts, membership), gateway, route, sat: sat.status() }),
      'POST /profile': (bytes) => {
        const { function: named, durationMs } = checkProfile(bytes);
        return sat.profile(named, durationMs);
      },
    },
  };
  return withMetrics(body, parts, {
    address: configuration.metrics,
    collect: sat.metrics,
    onAddress: (metrics) => home.nodes.configure(name, { ...configuration, metrics } satisfies SatConfiguration),
  });
}
