import { hello, lease, recover, settle } from '@purser/contracts';

/** Money waits for these: whatever else a gateway asks for, it may always return, settle and recover what it holds. */
export const moneySubjects: ReadonlySet<string> = new Set(
  [hello, lease, settle, recover].map(({ subject }) => subject),
);
