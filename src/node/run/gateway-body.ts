import { readFileSync } from 'node:fs';
import { fromUtf8 } from '../../kernel/index.ts';
import { bundleFile, type GatewayConfiguration, saveBundle, startGatewayNode } from '../gateway/index.ts';
import { type Body, common, type MemberParts } from './body.ts';
import { withMetrics } from './with-metrics.ts';

/** The body of a gateway. @throws as `startGatewayNode` */
export async function gatewayBody(parts: MemberParts): Promise<Body> {
  const { options, core, membership, record } = parts;
  const { home, name, environment } = options;
  const configuration = record.configuration as GatewayConfiguration;
  const directory = home.nodeDirectory(name);
  const gateway = await startGatewayNode({
    core,
    membership,
    name,
    configuration,
    bundle: new Uint8Array(readFileSync(bundleFile(directory))),
    environment,
  });
  // The next start takes the same ports, so that whoever knows them finds it again.
  const found = { ...configuration, http: gateway.url.slice('http://'.length), listenAt: gateway.listenAt };
  home.nodes.configure(name, found);
  const body: Body = {
    close: gateway.close,
    handlers: {
      'GET /status': () => ({
        ...common(parts, membership),
        url: gateway.url,
        listenAt: gateway.listenAt,
        relay: gateway.relay().up ? { up: true } : gateway.relay(),
        gateway: plain(gateway.status()),
        nowMonotonicMs: performance.now(),
      }),
      'POST /deploy': async (bytes) => {
        const { directive, digest } = await gateway.deploy(bytes);
        saveBundle(directory, bytes);
        return { application: directive.identifier, version: directive.appVersion, digest };
      },
      'POST /requests': (bytes) => gateway.requestsAfter(Number(fromUtf8(bytes))),
    },
  };
  return withMetrics(body, parts, {
    address: configuration.metrics,
    collect: gateway.metrics,
    onAddress: (metrics) => home.nodes.configure(name, { ...found, metrics }),
  });
}

/** Maps as objects, for JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]));
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
