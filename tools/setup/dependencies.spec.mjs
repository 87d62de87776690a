import { describe, expect, it } from '@jest/globals';
import { agrees } from './dependencies.mjs';

const wanted = {
  '': {},
  'libs/errors': { version: '0.1.0' },
  'node_modules/@purser/errors': { resolved: 'libs/errors', link: true },
  'node_modules/pg': { version: '8.23.1' },
  'node_modules/for-another-platform': { version: '1.0.0', optional: true },
};
const installed = {
  'node_modules/@purser/errors': { resolved: 'libs/errors', link: true },
  'node_modules/pg': { version: '8.23.1' },
  'node_modules/extra': { version: '1.0.0' },
};

describe('an installation', () => {
  it('is right without what is optional, and with more than what is wanted', () => {
    expect(agrees(wanted, installed)).toBe(true);
  });

  it.each([
    ['a package is missing', { 'node_modules/pg': undefined }],
    ['a package has another version', { 'node_modules/pg': { version: '8.23.0' } }],
    ['an optional package has another version', { 'node_modules/for-another-platform': { version: '0.9.0' } }],
    ['a project is not linked', { 'node_modules/@purser/errors': undefined }],
    ['a project is linked elsewhere', { 'node_modules/@purser/errors': { resolved: 'libs/old', link: true } }],
  ])('is wrong when %s', (_fault, change) => {
    expect(agrees(wanted, /** @type {any} */ ({ ...installed, ...change }))).toBe(false);
  });
});
