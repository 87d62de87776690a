export { describeApiKey, hashApiKey, newApiKey } from './api-keys.ts';
export { SecretBox } from './secret-box.ts';
