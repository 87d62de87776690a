import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeWith, findProgram, type Requirement } from './index.ts';

/** Stands in for Jest's globals and writes down what is declared. */
class Declarations {
  readonly lines: string[] = [];
  readonly bodies: (() => unknown)[] = [];
  readonly hooks: (() => unknown)[] = [];

  readonly globals = {
    describe: Object.assign((title: string, body: () => void) => this.#suite(`suite ${title}`, body), {
      skip: (title: string, body: () => void) => this.#suite(`skipped ${title}`, body),
    }),
    it: (title: string, body: () => unknown) => {
      this.lines.push(`test ${title}`);
      this.bodies.push(body);
    },
    afterAll: (hook: () => unknown) => this.hooks.push(hook),
  };

  #suite(line: string, body: () => void): void {
    this.lines.push(line);
    body();
  }
}

const { CI, PURSER_TEST_STACK } = process.env;
const {
  describe: realDescribe,
  it: realIt,
  afterAll: realAfterAll,
} = globalThis as unknown as typeof import('@jest/globals');
const jestGlobals = { describe: realDescribe, it: realIt, afterAll: realAfterAll };

describe('describeWith', () => {
  const events: string[] = [];
  const requirement = (available: boolean): Requirement<{ url: string }> => ({
    name: 'Tea',
    install: 'apt-get install tea',
    available: () => available,
    start: async () => {
      events.push('started');
      return { url: 'tea://', stop: async () => void events.push('stopped') };
    },
  });
  const declare = (available: boolean): Declarations => {
    const declared = new Declarations();
    Object.assign(globalThis, declared.globals);
    try {
      describeWith(requirement(available), 'a pot', (start) => {
        declared.globals.it('pours', async () => [await start(), await start()]);
      });
    } finally {
      Object.assign(globalThis, jestGlobals);
    }
    return declared;
  };

  beforeEach(() => {
    events.length = 0;
    delete process.env.CI;
    delete process.env.PURSER_TEST_STACK;
  });
  afterEach(() => {
    for (const [name, value] of Object.entries({ CI, PURSER_TEST_STACK })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it('runs the suite where it is to be had, starts it once when first asked, and stops it after', async () => {
    const { lines, bodies, hooks } = declare(true);
    expect(lines).toEqual(['suite a pot', 'test pours']);
    expect(events).toEqual([]);
    await bodies[0]!();
    await hooks[0]!();
    expect(events).toEqual(['started', 'stopped']);
  });

  it('stops nothing where no test asked for it', async () => {
    await declare(true).hooks[0]!();
    expect(events).toEqual([]);
  });

  it('reports the suite as skipped, with the command that installs what is missing', () => {
    expect(declare(false).lines).toEqual(['skipped a pot (skipped, needs Tea: apt-get install tea)', 'test pours']);
  });

  it.each([
    ['CI', 'true'],
    ['PURSER_TEST_STACK', 'required'],
  ])('fails with %s=%s, instead of skipping', (name, value) => {
    process.env[name] = value;
    const { lines, bodies } = declare(false);
    expect(lines).toEqual(['suite a pot', 'test needs Tea: apt-get install tea']);
    expect(bodies[0]).toThrow('must not skip');
  });
});

describe('findProgram', () => {
  it('finds what is on the PATH, and nothing else', () => {
    expect(findProgram('sh')).toMatch(/\/sh$/);
    expect(findProgram('no-such-program-of-purser')).toBeUndefined();
  });
});
