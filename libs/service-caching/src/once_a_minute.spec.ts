import { expect, it } from '@jest/globals';
import { onceAMinute } from './once-a-minute.ts';

function telling() {
  const told: string[] = [];
  const clock = { ms: 0 };
  const tell = onceAMinute(
    (text) => told.push(text),
    () => clock.ms,
  );
  return { told, clock, tell };
}

it('tells the same text at most once a minute, and another at once', () => {
  const { told, clock, tell } = telling();
  for (clock.ms = 0; clock.ms < 120_000; clock.ms += 1_000) tell('redis is away');
  tell('the disk is full');
  expect(told).toEqual(['redis is away', 'redis is away', 'the disk is full']);
});

it('remembers a hundred texts, and tells again what it has forgotten', () => {
  const { told, tell } = telling();
  for (let text = 0; text <= 100; text += 1) tell(String(text));
  for (const text of ['100', '1', '0']) tell(text);
  expect(told.slice(101)).toEqual(['0']);
});
