import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, printConfig } from '@purser/config';
import { budgetConfig } from './budget.config.ts';

const needed = { DATABASE_URL: 'postgresql://localhost/purser', PURSER_MASTER_KEY: 'm'.repeat(32) };

/** The variables that were refused. */
function refused(variables: Record<string, string>): string[] {
  try {
    loadConfig(budgetConfig, variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ name }) => name);
    throw error;
  }
}

describe('the configuration of the budget service', () => {
  it('needs a database and a master key', () => {
    expect(refused({})).toEqual(['DATABASE_URL', 'PURSER_MASTER_KEY']);
    expect(refused({ DATABASE_URL: '', PURSER_MASTER_KEY: 'm'.repeat(31) })).toEqual([
      'DATABASE_URL',
      'PURSER_MASTER_KEY',
    ]);
    expect(refused(needed)).toEqual([]);
  });

  it.each([
    ['PURSER_ADMIN_KEY', 'a'.repeat(31)],
    ['PURSER_ADMIN_KEY', `${'a'.repeat(40)} `],
    ['PURSER_ADMIN_KEY', `${'a'.repeat(40)}\n${'b'.repeat(10)}`],
    ['PURSER_ADMIN_KEY', 'ä'.repeat(40)],
    ['OLLAMA_HOST', 'ftp://gpu'],
    ['OLLAMA_HOST', '169.254.169.254'],
    ['PORT', '65536'],
    ['ALLOW_LINK_LOCAL_PROVIDERS', 'maybe'],
  ])('refuses %s=%s', (name, value) => {
    expect(refused({ ...needed, [name]: value })).toEqual([name]);
  });

  it.each([
    ['PURSER_ADMIN_KEY', 'a printable text with spaces, 32 of it!'],
    ['OLLAMA_HOST', 'localhost:11434'],
  ])('takes %s=%s', (name, value) => {
    expect(refused({ ...needed, [name]: value })).toEqual([]);
  });

  it('takes a link-local OLLAMA_HOST where such providers are allowed', () => {
    expect(refused({ ...needed, OLLAMA_HOST: '169.254.1.1', ALLOW_LINK_LOCAL_PROVIDERS: 'on' })).toEqual([]);
  });

  it('shows no secret', () => {
    const secret = 'secret-'.repeat(6);
    const names = ['PURSER_MASTER_KEY', 'PURSER_ADMIN_KEY', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY'];
    const variables = { ...needed, ...Object.fromEntries(names.map((name) => [name, secret])) };
    expect(printConfig(budgetConfig, loadConfig(budgetConfig, variables))).not.toContain('secret-');
  });
});
