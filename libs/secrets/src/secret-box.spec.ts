import { describe, expect, it } from '@jest/globals';
import { describeApiKey, hashApiKey, newApiKey, SecretBox } from './index.ts';

const master = 'm'.repeat(40);

describe('SecretBox', () => {
  it('opens what it sealed, and seals to another text each time', () => {
    const box = new SecretBox(master);
    const sealed = box.seal('sk-secret-ü', 'provider');
    expect(box.open(sealed, 'provider')).toBe('sk-secret-ü');
    expect(box.seal('sk-secret-ü', 'provider')).not.toBe(sealed);
    expect(sealed).not.toContain('secret');
  });

  it('seals to the same text for a repeat, and only for one', () => {
    const box = new SecretBox(master);
    const sealed = box.seal('sk-secret', 'provider', 'key-1');
    expect(box.open(sealed, 'provider')).toBe('sk-secret');
    expect(new SecretBox(master).seal('sk-secret', 'provider', 'key-1')).toBe(sealed);
    const others = [box.seal('sk-secret', 'provider', 'key-2'), box.seal('sk-secre1', 'provider', 'key-1')];
    // The IV stands first: 12 bytes, 16 characters behind the format.
    const ivs = [sealed, ...others].map((text) => text.slice(3, 19));
    expect(new Set(ivs).size).toBe(3);
  });

  it.each([
    ['another master key', (sealed: string) => new SecretBox('n'.repeat(40)).open(sealed, 'provider')],
    ['another purpose', (sealed: string) => new SecretBox(master).open(sealed, 'other')],
    ['a changed byte', (sealed: string) => new SecretBox(master).open(flipLast(sealed), 'provider')],
    ['a cut text', (sealed: string) => new SecretBox(master).open(sealed.slice(0, 20), 'provider')],
    ['another text', () => new SecretBox(master).open('sk-plain', 'provider')],
  ])('refuses %s without showing the secret', (_, open) => {
    const sealed = new SecretBox(master).seal('sk-secret', 'provider');
    expect(() => open(sealed)).toThrow(/PURSER_MASTER_KEY/);
  });

  it('refuses a short master key', () => {
    expect(() => new SecretBox('short')).toThrow(/32 characters/);
  });
});

describe('API keys', () => {
  it('are 256 random bits, known by hash and prefix only', () => {
    const a = newApiKey();
    expect(a.key).toMatch(/^sk-purser-[\w-]{43}$/);
    expect(a.sha256).toBe(hashApiKey(a.key));
    expect(a.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(a.key.startsWith(a.prefix)).toBe(true);
    expect(a.prefix.length).toBeLessThan(20);
    expect(newApiKey().key).not.toBe(a.key);
  });

  it('show at most half of a key that an operator chose', () => {
    expect(describeApiKey('x'.repeat(32)).prefix.length).toBeLessThanOrEqual(16);
  });
});

function flipLast(text: string): string {
  const at = text.length - 8;
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}
