/** GitHub wants nothing more to be sent for now. */
export class GithubLimited extends Error {
  override readonly name = 'GithubLimited';
  readonly until: Date;

  constructor(until: Date) {
    super(`waits until ${until.toISOString()}`);
    this.until = until;
  }
}
