import { BlockList, isIP } from 'node:net';

/**
 * Where clouds keep the credentials of the machine. 169.254.0.0/16 and fe80::/10 are link-local (RFC 3927, RFC 4291);
 * the others are metadata services at addresses of their own: AWS (fd00:ec2::254), Google (fd20:ce::254), Alibaba
 * (100.100.100.200), Oracle (192.0.0.192), Azure (168.63.129.16).
 */
const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4');
for (const address of ['100.100.100.200', '192.0.0.192', '168.63.129.16']) refused.addAddress(address, 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6');
for (const address of ['fd00:ec2::254', 'fd20:ce::254']) refused.addAddress(address, 'ipv6');

/** IPv6 prefixes of 96 bits in front of an IPv4 address: mapped, compatible (both RFC 4291) and NAT64 (RFC 6052). */
const CARRIERS = [/^0:0:0:0:0:ffff:([0-9a-f]+):([0-9a-f]+)$/, /^0:0:0:0:0:0:([0-9a-f]+):([0-9a-f]+)$/].concat(
  /^64:ff9b:0:0:0:0:([0-9a-f]+):([0-9a-f]+)$/,
  // 6to4 (RFC 3056) carries it behind its 16 bits.
  /^2002:([0-9a-f]+):([0-9a-f]+):/,
);

const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/**
 * Whether a URL's host is a link-local address or a cloud's metadata service, however it is written: the URL parser
 * brings decimal, octal, hexadecimal and shortened IPv4 to one form, and IPv4 inside of IPv6 is unwrapped. A name is only
 * compared with those that are known: what it resolves to may change after any check.
 */
export function isLinkLocal(url: string): boolean {
  const host = new URL(url).hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const family = isIP(host);
  if (family === 0) return METADATA_NAMES.has(host);
  if (family === 4) return refused.check(host, 'ipv4');
  const carried = carriedIpv4(host);
  return refused.check(host, 'ipv6') || (carried !== undefined && refused.check(carried, 'ipv4'));
}

function carriedIpv4(ipv6: string): string | undefined {
  const expanded = expand(ipv6);
  for (const carrier of CARRIERS) {
    const [, high, low] = carrier.exec(expanded) ?? [];
    if (high === undefined || low === undefined) continue;
    const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
    return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
  }
  return undefined;
}

/** All eight groups of an address that the URL parser has brought to its canonical form. */
function expand(ipv6: string): string {
  const [head = '', tail] = ipv6.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  if (tail === undefined) return head;
  const zeros = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)].join(':');
}
