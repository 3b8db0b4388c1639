import { quoted } from '../../../kernel/errors/index.ts';
import {
  type Address,
  formatHostnamePort,
  formatMultiAddr,
  hostnamePort,
  localAddress,
  type MultiAddr,
  parseMultiAddr,
  RoutingError,
} from '../../../network/routing/wire/index.ts';
import { EnrollmentError } from '../errors.ts';

/** The way to a listener for channels: a host to connect to, then local hops, the listener last (`project.md` §5.1). */
export interface ServiceRoute {
  /** The canonical text of the route. */
  readonly text: string;
  /** As `transport.connect` takes it: `host:port`. */
  readonly connectTo: string;
  readonly hops: readonly Address[];
}

/** Each of these means just the hop of its name: nothing is opened for a `/secure` part here. */
const HOPS = new Set(['service', 'worker', 'secure']);

/**
 * Reads `/<ip4|ip6|dnsaddr>/<host>/tcp/<port>[/service/<hop>…]/service/api`.
 * @param name what the route is called in the error: a field, a flag.
 * @throws {EnrollmentError} ENROLLMENT_INVALID_ROUTE
 */
export function parseServiceRoute(text: string, name: string): ServiceRoute {
  try {
    return serviceRoute(parseMultiAddr(text), name);
  } catch (cause) {
    if (!(cause instanceof RoutingError)) throw cause;
    throw invalid(name, text, cause);
  }
}

function serviceRoute(parts: MultiAddr, name: string): ServiceRoute {
  const text = formatMultiAddr(parts);
  const [host, port, ...hops] = parts;
  const isHost = host !== undefined && ['ip4', 'ip6', 'dnsaddr'].includes(host.protocol);
  if (!isHost || port?.protocol !== 'tcp' || hops.length === 0) throw invalid(name, text);
  if (!hops.every(({ protocol, value }) => HOPS.has(protocol) && value !== '')) throw invalid(name, text);
  const hostText = host.protocol === 'ip6' ? `[${host.value}]` : host.value;
  return {
    text,
    connectTo: formatHostnamePort(hostnamePort(hostText, Number(port.value))),
    hops: hops.map(({ value }) => localAddress(value)),
  };
}

function invalid(name: string, text: string, cause?: unknown): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_INVALID_ROUTE', `Invalid project route: the ${name} is ${quoted(text)}`, {
    cause,
    remedy: 'a route has the form /dnsaddr/<host>/tcp/<port>/service/api, or starts with /ip4 or /ip6',
  });
}
