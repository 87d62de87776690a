import type { HttpAnswer } from '@purser/pooling/http';

const MAX_MESSAGE_CHARACTERS = 200;
// eslint-disable-next-line no-control-regex -- what it says is shown to people
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** What an answer that is an error says; nothing of any other. */
export function messageOf({ status, body }: HttpAnswer): string {
  if (status < 400 || body.length > 65_536) return '';
  try {
    const { message } = JSON.parse(body.toString('utf8')) as { message?: unknown };
    return typeof message === 'string' ? message.replace(CONTROLS, ' ').slice(0, MAX_MESSAGE_CHARACTERS) : '';
  } catch {
    return '';
  }
}
