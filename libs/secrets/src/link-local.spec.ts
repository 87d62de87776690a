import { describe, expect, it } from '@jest/globals';
import { isLinkLocal } from './link-local.ts';

describe('isLinkLocal', () => {
  it.each([
    ['link-local', 'http://169.254.0.1/v1'],
    ['link-local with a port', 'https://169.254.169.254:8443/'],
    ['decimal', 'http://2852039166/latest'],
    ['hexadecimal', 'http://0xa9fea9fe/'],
    ['hexadecimal by parts', 'http://0xa9.0xfe.0xa9.0xfe/'],
    ['octal', 'http://0251.0376.0251.0376/'],
    ['shortened', 'http://169.254.43518/'],
    ['full-width digits', 'http://１６９.254.169.254/'],
    ['percent-encoded', 'http://%31%36%39.254.169.254/'],
    ['with a trailing dot', 'http://169.254.169.254./'],
    ['IPv4-mapped', 'http://[::ffff:169.254.169.254]/'],
    ['IPv4-mapped in hexadecimal', 'http://[::ffff:a9fe:a9fe]/'],
    ['IPv4-mapped at full length', 'http://[0:0:0:0:0:FFFF:A9FE:A9FE]/'],
    ['IPv4-compatible', 'http://[::a9fe:a9fe]/'],
    ['NAT64', 'http://[64:ff9b::a9fe:a9fe]/'],
    ['6to4', 'http://[2002:a9fe:a9fe::]/'],
    ['6to4 with a host part', 'http://[2002:a9fe:a9fe:1:2:3:4:5]/'],
    ['IPv6 link-local', 'http://[fe80::1]/'],
    ['the end of IPv6 link-local', 'http://[febf:ffff::]/'],
    ['AWS over IPv6', 'http://[fd00:ec2::254]/'],
    ['Google over IPv6', 'http://[fd20:ce::254]/'],
    ['Alibaba', 'http://100.100.100.200/'],
    ['Oracle', 'http://192.0.0.192/'],
    ['Azure', 'http://168.63.129.16/'],
    ['Azure, IPv4-mapped', 'http://[::ffff:168.63.129.16]/'],
    ['a name', 'http://metadata.google.internal/computeMetadata/v1'],
    ['a name in capitals with a dot', 'http://METADATA.Google.Internal./'],
  ])('sees %s: %s', (_, url) => {
    expect(isLinkLocal(url)).toBe(true);
  });

  it.each([
    'http://127.0.0.1:8080/v1',
    'http://localhost:8080/v1',
    'http://[::1]:8080/v1',
    'http://[::ffff:127.0.0.1]/v1',
    'http://[::]/',
    'http://10.0.0.1/v1',
    'http://169.253.255.255/',
    'http://169.255.0.0/',
    'http://[fec0::1]/',
    'http://[fe7f::1]/',
    'http://[fd00:ec2::253]/',
    'http://[2002:a9fd:a9fe::]/',
    'http://[2001:db8:a9fe:a9fe::]/',
    'https://api.openai.com/v1',
    'https://metadata.example.com/v1',
    'https://169.254.169.254.example.com/v1',
  ])('allows %s', (url) => {
    expect(isLinkLocal(url)).toBe(false);
  });
});
