import { isIP } from 'node:net';
import { dialHost, type MultiAddr, type MultiAddrPart, parseHostnamePort } from '../../network/routing/index.ts';
import { NodeError } from '../errors.ts';
import type { Home } from '../home/index.ts';

/**
 * `address` with every `/node/NAME` replaced by the place where that node of this home listens (`commands.md` §6.2).
 * @throws {NodeError} NODE_UNKNOWN; NODE_ROUTE when it listens nowhere
 */
export function replaceNodes(home: Home, address: MultiAddr): MultiAddr {
  return address.flatMap((part) => (part.protocol === 'node' ? listenerOf(home, part.value) : [part]));
}

function listenerOf(home: Home, name: string): readonly MultiAddrPart[] {
  const { listenAt } = home.nodes.get(name).configuration as { readonly listenAt?: string };
  if (listenAt === undefined) {
    throw new NodeError('NODE_ROUTE', `No transport API has been set on the node ${name}`, {
      remedy: 'name a node that listens for connections',
    });
  }
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
