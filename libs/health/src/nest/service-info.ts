/** Who answers the probes. */
export class ServiceInfo {
  readonly service: string;
  readonly version: string | undefined;

  constructor(service: string, version?: string) {
    this.service = service;
    this.version = version;
  }
}
