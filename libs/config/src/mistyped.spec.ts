import { describe, expect, it } from '@jest/globals';
import { defineConfig, integer, mistypedVariables, string } from './index.ts';

const gateway = defineConfig({
  PURSER_DATA_DIR: string({ default: './.purser', description: '' }),
  BUDGET_WAIT_MS: integer({ default: 1, description: '' }),
  PORT: integer({ default: 1, description: '' }),
});
const reports = defineConfig({ PURSER_DATA_DIRS: string({ optional: true, description: '' }) });
const found = (...names: string[]) =>
  mistypedVariables([gateway], Object.fromEntries(names.map((name) => [name, 'x'])));

describe('mistypedVariables', () => {
  it.each(['PURSER_DATADIR', 'PURSER_DATA_DRI', 'PURSER_DATE_DIRS', 'PURSER_DATA_DIRR'])('finds %s', (name) => {
    expect(found(name)).toEqual([{ name, meant: 'PURSER_DATA_DIR' }]);
  });

  it('finds one edit in other long names', () => {
    expect(found('BUGDET_WAIT_MS')).toEqual([{ name: 'BUGDET_WAIT_MS', meant: 'BUDGET_WAIT_MS' }]);
    expect(found('BUDGET_WAITS_M')).toEqual([]);
  });

  it('leaves short and far names alone', () => {
    expect(found('PORTS', 'PURSER_GATEWAYS', 'HOME', 'PATH')).toEqual([]);
  });

  it('knows the names of all apps in the process', () => {
    const env = { PURSER_DATA_DIRS: 'x' };
    expect(mistypedVariables([gateway], env)).toHaveLength(1);
    expect(mistypedVariables([gateway, reports], env)).toEqual([]);
  });

  it('does not suggest a name that is set already', () => {
    expect(found('PURSER_DATA_DIR', 'PURSER_DATA_DIR2')).toEqual([]);
  });

  it('gives the nearest name', () => {
    expect(mistypedVariables([reports, gateway], { PURSER_DATA_DI: 'x' })).toEqual([
      { name: 'PURSER_DATA_DI', meant: 'PURSER_DATA_DIR' },
    ]);
  });
});
