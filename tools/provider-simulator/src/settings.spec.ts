import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SETTINGS, SettingsError, changed } from './settings.ts';

describe('changed', () => {
  it('changes what is given and leaves the rest', () => {
    expect(changed(DEFAULT_SETTINGS, { perTokenMs: 2.5, firstByteMs: undefined })).toEqual({
      ...DEFAULT_SETTINGS,
      perTokenMs: 2.5,
    });
  });

  it('does not share lists with the caller', () => {
    const faults = [{ fault: '500' as const }];
    const settings = changed(DEFAULT_SETTINGS, { faults });
    faults.pop();
    expect(settings.faults).toHaveLength(1);
  });

  it.each([
    [{ unknown: 1 }, 'unknown is no setting'],
    [{ __proto__: null, constructor: 1 }, 'constructor is no setting'],
    [{ firstByteMs: -1 }, 'firstByteMs must be a number from 0'],
    [{ firstByteMs: '5' }, 'firstByteMs must be a number from 0'],
    [{ firstByteMs: NaN }, 'firstByteMs must be'],
    [{ minTokens: 0 }, 'minTokens must be a whole number from 1'],
    [{ minTokens: 49 }, 'minTokens must not be above maxTokens'],
    [{ promptTokens: 'guess' }, 'promptTokens must be estimate or bound'],
    [{ apiKey: '' }, 'apiKey must be'],
    [{ faults: [{ fault: 'nonsense' }] }, 'faults must be up to 100'],
    [{ faults: [{ fault: '200' }] }, 'faults must be'],
    [{ faults: [{ fault: '500', evry: 2 }] }, 'faults must be'],
    [{ faults: [{ fault: '500', probability: 2 }] }, 'faults must be'],
    [{ faults: [{ fault: '500', every: 0 }] }, 'faults must be'],
    [{ models: [] }, 'models must be'],
    [{ models: [{ id: 'a', inputUsdPerMillion: 1, outputUsdPerMillion: '1' }] }, 'models must be'],
    [{ models: [{ id: 'a+b', inputUsdPerMillion: '1', outputUsdPerMillion: '1' }] }, 'models must be'],
    [[], 'must be an object'],
    [null, 'must be an object'],
  ])('%#: refuses %j', (changes, message) => {
    expect(() => changed(DEFAULT_SETTINGS, changes)).toThrow(SettingsError);
    expect(() => changed(DEFAULT_SETTINGS, changes)).toThrow(message);
  });
});
