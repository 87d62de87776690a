import { nameOf, ofKind, selects, workloads, type Manifest } from './manifest.ts';

/** A port that a policy opens, and for whom: `egress 5432`, `ingress http from purser/role=ingress`. */
function openings(direction: 'ingress' | 'egress', rule: { ports?: readonly { port: number | string }[] }): string[] {
  if (!rule.ports) return [`${direction} any`];
  return rule.ports.map(({ port }) => `${direction} ${port}`);
}

/** What the network policies let each workload reach and be reached by, each once and sorted. */
export function reach(manifests: readonly Manifest[]): Record<string, readonly string[]> {
  const policies = ofKind(manifests, 'NetworkPolicy');
  return Object.fromEntries(
    workloads(manifests).map(({ name, labels }) => {
      const open = policies
        .filter(({ spec }) => selects(spec.podSelector, labels))
        .flatMap(({ spec }) => [
          ...(spec.ingress ?? []).flatMap((rule) => openings('ingress', rule)),
          ...(spec.egress ?? []).flatMap((rule) => openings('egress', rule)),
        ]);
      return [name, [...new Set(open)].sort()];
    }),
  );
}

/** Policies about nobody, about ports that are not there, open to everybody; and no policy that closes the rest. */
export function networkProblems(manifests: readonly Manifest[]): string[] {
  const policies = ofKind(manifests, 'NetworkPolicy');
  const denies = policies.some(({ spec }) => {
    const all = Object.keys(spec.podSelector).length === 0;
    return (
      all &&
      spec.policyTypes.includes('Ingress') &&
      spec.policyTypes.includes('Egress') &&
      !spec.ingress &&
      !spec.egress
    );
  });
  const problems = policies.flatMap((policy) => {
    const about = workloads(manifests).filter(({ labels }) => selects(policy.spec.podSelector, labels));
    const said: string[] = about.length === 0 ? ['it is about nobody'] : [];
    for (const rule of policy.spec.ingress ?? []) {
      if (!rule.from?.length) said.push('it lets everybody in');
      for (const { port } of rule.ports ?? []) {
        const closed = about.filter(({ container }) => !(container.ports ?? []).some((each) => each.name === port));
        said.push(...closed.map(({ name }) => `${name} has no port ${port}`));
      }
    }
    for (const direction of ['ingress', 'egress'] as const) {
      const type = direction === 'ingress' ? 'Ingress' : 'Egress';
      if (policy.spec[direction] && !policy.spec.policyTypes.includes(type))
        said.push(`it names ${direction} but not ${type}`);
    }
    return said.map((problem) => `${nameOf(policy)}: ${problem}`);
  });
  return [...problems, ...(denies ? [] : ['no policy denies what the others do not allow'])];
}
