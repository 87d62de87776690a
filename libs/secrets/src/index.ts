export { describeApiKey, hashApiKey, newApiKey } from './api-keys.ts';
export { isLinkLocal } from './link-local.ts';
export { SecretBox } from './secret-box.ts';
