import preset from '../../jest.preset.js';

export default {
  ...preset,
  // Real processes under load: the deadlines that count stand in the tests.
  testTimeout: 30_000,
  // `npm test` takes two where the tests allow it.
  maxWorkers: 1,
  testSequencer: '<rootDir>/longest-first.js',
};
