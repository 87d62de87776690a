import type { IncomingHttpHeaders } from 'node:http';
import { DomainError, invalidField } from '@purser/errors';

const PLAIN = 'application/json';

/**
 * Makes sure that the headers of a request announce JSON in UTF-8 that is not compressed. A missing content type is
 * refused too: a page of another origin could send such a request without asking the browser's permission.
 *
 * @throws DomainError `unsupported_media_type`, or `invalid_request` for another charset
 */
export function requireJson(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unsupported('content-encoding', 'must be left out: compressed bodies are not read');
  }
  const contentType = headers['content-type'];
  if (contentType === PLAIN) return;
  const [mediaType = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (!/^application\/(?:json|[\w.+-]+\+json)$/.test(mediaType.trim())) {
    throw unsupported('content-type', `must be ${PLAIN}`);
  }
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
      throw invalidField('content-type', 'its charset must be utf-8');
    }
  }
}

function unsupported(field: string, expected: string): DomainError {
  return new DomainError('unsupported_media_type', `${field}: ${expected}`, { field });
}
