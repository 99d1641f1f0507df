import { BlockList, isIP } from 'node:net';

/**
 * Addresses at which a machine meets nobody but its neighbours on the cable and the services of its cloud, which
 * hand out credentials to whoever asks: no server that Lifeguard is told to ask lives there.
 */
const FORBIDDEN = new BlockList();
// Link-local (RFC 3927, RFC 4291): the metadata of AWS, Azure, Google Cloud and others is at 169.254.169.254,
// the credentials of an ECS task at 169.254.170.2.
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
// The same, through a NAT64 of the usual prefix (RFC 6052).
FORBIDDEN.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
// Metadata elsewhere: AWS by IPv6, Google Cloud by IPv6, Alibaba Cloud, Oracle Cloud (classic), Azure's wire server.
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
FORBIDDEN.addAddress('fd20:ce::254', 'ipv6');
FORBIDDEN.addAddress('100.100.100.200', 'ipv4');
FORBIDDEN.addAddress('192.0.0.192', 'ipv4');
FORBIDDEN.addAddress('168.63.129.16', 'ipv4');

/** Names of such services; each leads to one of the addresses as well, where it is known at all. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
]);

/** Whether an IP address is link-local or a cloud's metadata service; IPv4 within IPv6 is seen through. */
export function isForbiddenAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // A zone (`fe80::1%eth0`) says by which cable, not where to.
  const [bare = ''] = address.split('%', 1);
  return FORBIDDEN.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether the host of a URL says by itself that it leads to a link-local address or a cloud's metadata service.
 * What an ordinary name leads to is only known when it is looked up.
 *
 * @param host as `URL` has it: lower-case, numbers of every notation made dotted, IPv6 in brackets
 */
export function isForbiddenHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return isForbiddenAddress(bare) || FORBIDDEN_NAMES.has(bare);
}
