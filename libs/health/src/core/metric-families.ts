/** One metric as Prometheus has it: a name, and a value for each set of labels. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number | boolean;
  }[];
}

/** Gives metrics as they are at the moment. Must not throw, nor take long. */
export type MetricSource = () => readonly MetricFamily[];

/** Libraries that others install too call their metrics by what they measure alone. */
const PREFIX = 'purser_';

/** What `/metrics` shows beside the service's own: components `add` theirs, and `purser_` is put before their names. */
export class MetricSources {
  readonly #sources: MetricSource[] = [];

  add(source: MetricSource): void {
    this.#sources.push(source);
  }

  /** Those of one name that several components have are one, as the text format has each name once. */
  families(): readonly MetricFamily[] {
    const byName = new Map<string, MetricFamily>();
    for (const family of this.#sources.flatMap((source) => source())) {
      const name = PREFIX + family.name;
      const samples = [...(byName.get(name)?.samples ?? []), ...family.samples];
      byName.set(name, { ...family, name, samples });
    }
    return [...byName.values()];
  }
}

/** In Prometheus' text format 0.0.4. `labels` come first on every sample. Families without a sample are left out. */
export function metricsText(families: readonly MetricFamily[], labels: Readonly<Record<string, string>>): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`,
      `# TYPE ${name} ${type}\n`,
      ...samples.map((sample) => `${name}${labelsText({ ...labels, ...sample.labels })} ${Number(sample.value)}\n`),
    ])
    .join('');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
