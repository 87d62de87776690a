import preset from '../../jest.preset.js';

// Plain JavaScript, for it runs before anything is installed; so are its specs.
export default { ...preset, roots: ['<rootDir>'], testMatch: ['**/*.spec.mjs'] };
