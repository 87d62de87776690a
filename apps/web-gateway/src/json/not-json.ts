import { DomainError, invalidField } from '@purser/errors';

/** The error for a body that is not JSON; says where, as far as the parser's message does, and quotes none of the body. */
export function notJson(cause?: unknown, field = 'body'): DomainError {
  const where =
    cause instanceof SyntaxError ? /at position \d+(?: \(line \d+ column \d+\))?/.exec(cause.message) : null;
  const text = `must be valid JSON${where ? `, and is not ${where[0]}` : ''}`;
  return new DomainError('invalid_request', `${field}: ${text}`, { field }, { cause });
}

/** The error for a body whose arrays and objects are nested too deep. */
export function tooDeep(maxDepth: number): DomainError {
  return invalidField('body', `must not nest arrays and objects deeper than ${maxDepth}`);
}

/** The error for a field that stands twice in one object, where each reader could take another of the two. */
export function givenTwice(field: string): DomainError {
  return invalidField(field, 'must not be given twice');
}
