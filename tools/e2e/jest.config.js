import preset from '../../jest.preset.js';

// Real processes under load: the deadlines that count stand in the tests.
export default { ...preset, testTimeout: 30_000, maxWorkers: 1 };
