import { defineConfig } from 'eslint/config';
import config from '../../../eslint.config.mjs';

/**
 * The same rules, with the types of all projects from one program. `npm test` lints with it: with a program for each project,
 * as an editor has them, what they share is checked again in each, and they do not fit into the memory of one process.
 */
export default defineConfig(config, {
  files: ['**/*.{ts,mts}'],
  languageOptions: {
    parserOptions: { projectService: false, project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
  },
});
