import { expect, it } from '@jest/globals';
import { serverAddresses } from './server-addresses.ts';

it.each([
  ['nats://a:1,nats://b', { servers: ['a:1', 'b:4222'] }],
  ['a', { servers: ['a:4222'] }],
  [['nats://[::1]:1'], { servers: ['[::1]:1'] }],
  ['nats://me:p%40ss@a,nats://b', { servers: ['a:4222', 'b:4222'], user: 'me', pass: 'p@ss' }],
  ['nats://t0ken@a', { servers: ['a:4222'], token: 't0ken' }],
  ['tls://a', { servers: ['a:4222'], tls: {} }],
])('reads %s', (servers, expected) => {
  expect(serverAddresses(servers)).toEqual(expected);
});

it.each([
  ['http://me:secret@a', 'http://***@a'],
  ['nats://', 'nats://'],
])('refuses %s without its secrets', (servers, shown) => {
  expect(() => serverAddresses(servers)).toThrow(`not as "${shown}"`);
});

it('wants at least one', () => {
  expect(() => serverAddresses(' , ')).toThrow('No NATS server is given.');
});
