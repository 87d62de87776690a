/** A kind of entry of the catalogue, and where its rows are. */
export interface CatalogueKind {
  readonly name: 'metric' | 'domain' | 'objective';
  readonly table: string;
  /** What its resources call the number that counts their changes. */
  readonly counter: 'revision' | 'version';
}

export const METRIC: CatalogueKind = { name: 'metric', table: 'metrics', counter: 'revision' };
export const DOMAIN: CatalogueKind = { name: 'domain', table: 'domains', counter: 'version' };
export const OBJECTIVE: CatalogueKind = { name: 'objective', table: 'objectives', counter: 'version' };
