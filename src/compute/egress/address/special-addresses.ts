/**
 * What an address is for: the IANA special-purpose registries, and the IPv4 addresses hidden inside IPv6 ones
 * (`capabilities.md` §3.4).
 */
import { type IpAddress, ipv4 } from '../../../kernel/ip/index.ts';
import { type IpNetwork, networkContains, parseNetwork } from './ip-network.ts';

/** Purpose of an address. Everything but `public` is closed to functions unless it is granted. */
export type AddressClass =
  | 'public'
  | 'metadata'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'unspecified'
  | 'broadcast'
  | 'multicast'
  | 'documentation'
  | 'benchmarking'
  | 'protocol'
  | 'translation'
  | 'reserved';

/** First match wins, so the narrow entries stand before the wide ones. `capabilities.md` §3.4 is this table. */
const REGISTRY: readonly (readonly [cidr: string, AddressClass])[] = [
  // Where clouds hand out credentials: EC2, ECS, EKS, Azure's host, Alibaba, Oracle Classic, Tencent, Google on IPv6.
  ['169.254.169.254/32', 'metadata'],
  ['169.254.170.2/32', 'metadata'],
  ['169.254.170.23/32', 'metadata'],
  ['168.63.129.16/32', 'metadata'],
  ['100.100.100.200/32', 'metadata'],
  ['192.0.0.192/32', 'metadata'],
  ['169.254.0.23/32', 'metadata'],
  ['fd00:ec2::254/128', 'metadata'],
  ['fd00:ec2::23/128', 'metadata'],
  ['fd20:ce::254/128', 'metadata'],
  // RFC 6890 and the IANA IPv4 special-purpose address registry.
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'protocol'],
  ['192.52.193.0/24', 'protocol'],
  ['192.88.99.0/24', 'translation'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'protocol'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['0.0.0.0/0', 'public'],
  // The IANA IPv6 special-purpose address registry; only 2000::/3 is handed out as global unicast.
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'translation'],
  ['::ffff:0:0:0/96', 'translation'],
  // The well-known NAT64 prefix stands for the IPv4 address inside it, which is judged on its own.
  ['64:ff9b::/96', 'public'],
  ['64:ff9b:1::/48', 'translation'],
  ['100::/64', 'reserved'],
  ['100:0:0:1::/64', 'reserved'],
  ['2001::/32', 'translation'],
  ['2001::/23', 'protocol'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', 'translation'],
  ['2620:4f:8000::/48', 'protocol'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'reserved'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
  ['2000::/3', 'public'],
  ['::/0', 'reserved'],
];

const NETWORKS: readonly (readonly [IpNetwork, AddressClass])[] = REGISTRY.map(([cidr, purpose]) => [
  network(cidr),
  purpose,
]);

const NAT64 = network('64:ff9b::/96');
const NAT64_LOCAL = network('64:ff9b:1::/48');
const TEREDO = network('2001::/32');
const SIX_TO_FOUR = network('2002::/16');
const TRANSLATED = network('::ffff:0:0:0/96');
const COMPATIBLE = network('::/96');
const THIS_NETWORK = network('0.0.0.0/8');

/** Where RFC 6052 §2.2 puts the four IPv4 bytes for prefixes of 48, 56, 64 and 96 bits; byte 8 is always skipped. */
const RFC6052_POSITIONS: readonly (readonly number[])[] = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
];

/** What `address` itself is for; addresses inside it are not looked at. */
export function classifyAddress(address: IpAddress): AddressClass {
  for (const [candidate, purpose] of NETWORKS) if (networkContains(candidate, address)) return purpose;
  return 'reserved';
}

/** The IPv4 addresses that a translator or a tunnel may deliver packets for `address` to; all of them must be allowed. */
export function embeddedAddresses(address: IpAddress): readonly IpAddress[] {
  const { bytes } = address;
  if (address.family === 4) return [];
  const embedded: IpAddress[] = [];
  if (networkContains(NAT64, address) || networkContains(TRANSLATED, address)) embedded.push(ipv4(bytes.subarray(12)));
  if (networkContains(COMPATIBLE, address)) embedded.push(...withoutPadding(ipv4(bytes.subarray(12))));
  if (networkContains(SIX_TO_FOUR, address)) embedded.push(ipv4(bytes.subarray(2, 6)));
  if (networkContains(TEREDO, address)) {
    embedded.push(ipv4(bytes.subarray(4, 8)), ipv4(bytes.subarray(12).map((byte) => byte ^ 0xff)));
  }
  if (networkContains(NAT64_LOCAL, address)) {
    // The operator chose the prefix length, so every reading counts.
    for (const positions of RFC6052_POSITIONS) {
      embedded.push(...withoutPadding(ipv4(Uint8Array.from(positions, (position) => bytes[position] as number))));
    }
  }
  if (isIsatap(bytes)) embedded.push(ipv4(bytes.subarray(12)));
  return embedded;
}

/** A reading of 0.x.y.z is no address inside but zeros around one: `::1` is not 0.0.0.1. */
function withoutPadding(reading: IpAddress): readonly IpAddress[] {
  return networkContains(THIS_NETWORK, reading) ? [] : [reading];
}

/** RFC 5214 §6.1: an interface identifier of `0000:5efe` or `0200:5efe` followed by an IPv4 address, under any prefix. */
function isIsatap(bytes: Uint8Array): boolean {
  return ((bytes[8] as number) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

function network(cidr: string): IpNetwork {
  const parsed = parseNetwork(cidr);
  if (parsed === undefined) throw new TypeError(`not a network: ${cidr}`);
  return parsed;
}
