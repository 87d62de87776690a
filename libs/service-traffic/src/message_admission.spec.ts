import { afterEach, expect, it } from '@jest/globals';
import { hello, lease, recover, settle } from '@purser/contracts';
import { MessageAdmission } from './message-admission.ts';

const open: MessageAdmission[] = [];
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

function admissionOf(perSecond: number): MessageAdmission {
  const admission = new MessageAdmission(perSecond);
  open.push(admission);
  return admission;
}

it('refuses a service that asks more than its share, and no other', () => {
  const { admit } = admissionOf(2);
  expect([admit('training', 'reports.usage.list'), admit('training', 'reports.metrics.get')]).toEqual([
    undefined,
    undefined,
  ]);
  const refusal = admit('training', 'reports.usage.list');
  expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', details: { limit: 'messages', caller: 'training' } });
  expect(refusal?.details['retryAfterMs']).toBeGreaterThan(0);
  expect(admit('web-gateway', 'reports.usage.list')).toBeUndefined();
});

it.each([hello, lease, settle, recover])('never refuses $subject', ({ subject }) => {
  const { admit } = admissionOf(1);
  for (let asked = 0; asked < 10; asked++) expect(admit('web-gateway', subject)).toBeUndefined();
});

it('counts all who do not give a name, or one that is too long, as one', () => {
  const { admit } = admissionOf(1);
  expect(admit(undefined, 'reports.usage.list')).toBeUndefined();
  expect(admit('x'.repeat(10_000), 'reports.usage.list')).toBeDefined();
});

it('counts what it admits and refuses', () => {
  const admission = admissionOf(1);
  admission.admit('training', 'reports.usage.list');
  admission.admit('training', 'reports.usage.list');
  expect(admission.statistics()).toMatchObject({ allowed: 1, clients: { training: { allowed: 1, refused: 1 } } });
});
