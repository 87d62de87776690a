import { Injectable } from '@nestjs/common';
import { DomainsRepository } from '../domains/domains.repository.ts';
import { MetricsRepository } from '../metrics/metrics.repository.ts';
import { METRIC, OBJECTIVE } from './catalogue-kinds.ts';
import type { FileEntry, FileSection } from './catalogue-file.ts';
import type { Difference } from './catalogue-difference.ts';
import { CatalogueRepository } from './catalogue.repository.ts';
import type { Findings } from './findings.ts';

/** What entries of a file say of one another and of what is stored. To be asked within the write. */
@Injectable()
export class ImportReferences {
  readonly #rows: CatalogueRepository;
  readonly #domains: DomainsRepository;
  readonly #metrics: MetricsRepository;

  constructor(rows: CatalogueRepository, domains: DomainsRepository, metrics: MetricsRepository) {
    this.#rows = rows;
    this.#domains = domains;
    this.#metrics = metrics;
  }

  /** Holds what the catalogue would be to its rules; `differences` is what would be written. */
  async check(file: readonly FileSection[], differences: readonly Difference[], findings: Findings): Promise<void> {
    const removedOf = (name: string) => differences.find(({ kind }) => kind.name === name)?.removed ?? [];
    for (const { section, entries } of file) {
      if (section === 'domains') await this.#checkNames(entries, removedOf('domain'), findings);
      if (section === 'objectives') await this.#checkMetrics(file, entries, removedOf('metric'), findings);
    }
    await this.#checkBound(file, removedOf('metric'), removedOf('objective'), findings);
  }

  /** A text names one domain at most, by its id or its name. */
  async #checkNames(entries: readonly FileEntry[], removed: readonly string[], findings: Findings): Promise<void> {
    const others = await this.#domains.namesBut([...entries.map(({ id }) => id), ...removed]);
    const owners = new Map<string, string>();
    for (const { key, name } of others) owners.set(key, key).set(name, key);
    for (const { id } of entries) owners.set(id, owners.get(id) ?? id);
    for (const { id, index, fields } of entries) {
      const name = fields['name'] as string;
      const named = [['id', id] as const, ['name', name] as const];
      for (const [field, text] of named) {
        const owner = owners.get(text);
        if (owner !== undefined && owner !== id) {
          const message = `must be free; the domain "${owner}" has "${text}" as its id or name`;
          findings.add({ field: `domains[${index}].${field}`, message });
        } else owners.set(text, id);
      }
    }
  }

  /** Key results are bound to metrics that exist when all is written. */
  async #checkMetrics(
    file: readonly FileSection[],
    objectives: readonly FileEntry[],
    removed: readonly string[],
    findings: Findings,
  ): Promise<void> {
    const bound = objectives.flatMap(({ index, fields }) =>
      keyResultsOf(fields).map(({ metricId }, place) => ({
        metricId,
        field: `objectives[${index}].keyResults[${place}].metricId`,
      })),
    );
    const inFile = new Set(file.find(({ section }) => section === 'metrics')?.entries.map(({ id }) => id));
    const elsewhere = [...new Set(bound.map(({ metricId }) => metricId))].filter((id) => !inFile.has(id));
    const stored = await this.#rows.existing(METRIC, elsewhere);
    for (const id of removed) stored.delete(id);
    for (const { metricId, field } of bound) {
      if (inFile.has(metricId) || stored.has(metricId)) continue;
      findings.add({ field, message: 'must be the metricId of a definition of the file or of the catalogue' });
    }
  }

  /** A metric that goes has no key result of an objective that stays as it is. */
  async #checkBound(
    file: readonly FileSection[],
    removed: readonly string[],
    gone: readonly string[],
    findings: Findings,
  ): Promise<void> {
    if (removed.length === 0) return;
    const rewritten = file.find(({ section }) => section === 'objectives')?.entries.map(({ id }) => id) ?? [];
    for (const { objective, metricId } of await this.#metrics.bindings(removed, [...rewritten, ...gone])) {
      const message = `must have "${metricId}", which a key result of the ${OBJECTIVE.name} "${objective}" is bound to`;
      findings.add({ field: 'metrics', message });
    }
  }
}

function keyResultsOf(fields: FileEntry['fields']): readonly { readonly metricId: string }[] {
  return fields['keyResults'] as { metricId: string }[];
}
