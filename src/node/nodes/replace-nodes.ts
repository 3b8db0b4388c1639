import type { MultiAddr, MultiAddrPart } from '../../network/routing/index.ts';
import { NodeError } from '../errors.ts';
import type { Home } from '../home/index.ts';

/**
 * `address` with every `/node/NAME` replaced by the place where that node of this home listens (`commands.md` §6.2).
 * @throws {NodeError} NODE_UNKNOWN; NODE_ROUTE when it listens nowhere
 */
export async function replaceNodes(home: Home, address: MultiAddr): Promise<MultiAddr> {
  const replaced: MultiAddrPart[] = [];
  for (const part of address) {
    if (part.protocol === 'node') replaced.push(...(await listenerOf(home, part.value)));
    else replaced.push(part);
  }
  return replaced;
}

async function listenerOf(home: Home, name: string): Promise<readonly MultiAddrPart[]> {
  const { listenAt } = home.nodes.get(name).configuration as { readonly listenAt?: string };
  if (listenAt === undefined) {
    throw new NodeError('NODE_ROUTE', `No transport API has been set on the node ${name}`, {
      remedy: 'name a node that listens for connections',
    });
  }
  const { dialHost, parseHostnamePort } = await import('../../network/routing/index.ts');
  const { isIP } = process.getBuiltinModule('node:net');
  const place = parseHostnamePort(listenAt);
  const host = reachableAt(dialHost(place));
  const protocol = ({ 4: 'ip4', 6: 'ip6' } as const)[isIP(host)] ?? 'dnsaddr';
  return [
    { protocol, value: host },
    { protocol: 'tcp', value: String(place.port) },
  ];
}

/** Nobody can be reached at the address that stands for all of a machine's. */
function reachableAt(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
