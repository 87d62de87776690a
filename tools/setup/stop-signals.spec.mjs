import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { onStopSignals } from './stop-signals.mjs';

/** @param {readonly [atMs: number, signal: string][]} signals */
function wishes(signals) {
  const source = new EventEmitter();
  let nowMs = 0;
  /** @type {string[]} */
  const heard = [];
  onStopSignals(
    { onStop: (signal) => heard.push(`stop ${signal}`), onForce: (signal) => heard.push(`force ${signal}`) },
    { source, now: () => nowMs },
  );
  for (const [atMs, signal] of signals) {
    nowMs = atMs;
    source.emit(signal, signal);
  }
  return heard;
}

describe('signals', () => {
  it.each([
    ['one asks to stop', [[0, 'SIGTERM']], ['stop SIGTERM']],
    [
      'the same within a second is one',
      [
        [0, 'SIGINT'],
        [999, 'SIGINT'],
      ],
      ['stop SIGINT'],
    ],
    [
      'another within a second is the same wish',
      [
        [0, 'SIGINT'],
        [5, 'SIGTERM'],
      ],
      ['stop SIGINT'],
    ],
    [
      'a later one forces',
      [
        [0, 'SIGINT'],
        [1000, 'SIGINT'],
      ],
      ['stop SIGINT', 'force SIGINT'],
    ],
    [
      'repeated, but late',
      [
        [0, 'SIGINT'],
        [10, 'SIGINT'],
        [2000, 'SIGTERM'],
      ],
      ['stop SIGINT', 'force SIGTERM'],
    ],
    [
      'force is said once',
      [
        [0, 'SIGINT'],
        [2000, 'SIGINT'],
        [4000, 'SIGINT'],
      ],
      ['stop SIGINT', 'force SIGINT'],
    ],
  ])('%s', (_case, signals, expected) => {
    expect(wishes(/** @type {[number, string][]} */ (signals))).toEqual(expected);
  });
});
