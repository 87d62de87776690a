import { expect, it } from '@jest/globals';
import { contestants } from './index.ts';

it.each(Object.entries(contestants))(
  '%s lends each to one at a time, and again once it is released',
  async (_, { load }) => {
    const pool = await (await load())(2);
    try {
      const [first, second] = [await pool.acquire(), await pool.acquire()];
      expect(first).not.toBe(second);
      const third = pool.acquire();
      await pool.release(first);
      expect(await third).toBe(first);
      await pool.release(first);
      await pool.release(second);
    } finally {
      await pool.close();
    }
  },
);
