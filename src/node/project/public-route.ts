import { isIP } from 'node:net';
import { dialHost, formatHostnamePort, hostnamePort, parseHostnamePort } from '../../network/routing/index.ts';
import { NodeError } from '../errors.ts';

/**
 * The route under which others reach the listener `api` of a process that listens at `listenAt`.
 * @param publicAddress `host` or `host:port`; the port is that of the listener unless given.
 * @throws {NodeError} NODE_ROUTE when it listens on all addresses and no public one is given · {RoutingError}
 */
export function publicRoute(listenAt: string, publicAddress?: string): string {
  const listening = parseHostnamePort(listenAt);
  const place = publicAddress === undefined ? listening : withPort(publicAddress, listening.port);
  const host = dialHost(place);
  if (publicAddress === undefined && (host === '0.0.0.0' || /^[0:]+$/.test(host))) {
    throw new NodeError(
      'NODE_ROUTE',
      `others cannot reach ${formatHostnamePort(listening)}, which means every address of this machine`,
      {
        remedy: 'say under which address they reach it: --public-address and --authority-public-address',
      },
    );
  }
  const protocol = { 0: 'dnsaddr', 4: 'ip4', 6: 'ip6' }[isIP(host)] ?? 'dnsaddr';
  return `/${protocol}/${host}/tcp/${place.port}/service/api`;
}

function withPort(text: string, port: number) {
  const hasPort = /^(\[[^\]]*\]|[^:]*):\d+$/.test(text);
  return hasPort
    ? parseHostnamePort(text)
    : hostnamePort(text.includes(':') && !text.startsWith('[') ? `[${text}]` : text, port);
}
