import { DomainError } from '@purser/errors';

/** What is wrong with one field of a file. */
export interface Finding {
  readonly field: string;
  readonly message: string;
}

/** More are not looked for: whoever has so many has one cause for most of them. */
const MAX_FINDINGS = 100;

/** What is wrong with a file, each with its path, up to a bound. */
export class Findings {
  readonly #found: Finding[] = [];

  get isFull(): boolean {
    return this.#found.length >= MAX_FINDINGS;
  }

  add(...findings: readonly Finding[]): void {
    this.#found.push(...findings.slice(0, MAX_FINDINGS - this.#found.length));
  }

  /** @throws DomainError `invalid_request` where there are any: its message has the first, `details.issues` all of them */
  throwIfAny(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    const more = others.length === 0 ? '' : ` (and ${this.isFull ? 'at least ' : ''}${others.length} more)`;
    throw new DomainError('invalid_request', `${first.field}: ${first.message}${more}`, {
      field: first.field,
      issues: [...this.#found],
    });
  }
}
