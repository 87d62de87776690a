import { ofKind, nameOf, selects, services, workloads, type Labels, type Manifest, type Selector } from './manifest.ts';

/** Selectors that don't select what they should, and names of things that are not there. */
export function referenceProblems(manifests: readonly Manifest[]): string[] {
  return [
    ...selectorProblems(manifests),
    ...serviceProblems(manifests),
    ...ingressProblems(manifests),
    ...autoscalerProblems(manifests),
    ...disruptionProblems(manifests),
    ...spreadProblems(manifests),
    ...rolloutProblems(manifests),
    ...duplicates(manifests),
  ];
}

/** The workloads whose pods are selected, jobs included. */
function selected(selector: Selector, manifests: readonly Manifest[]): string[] {
  return workloads(manifests)
    .filter(({ labels }) => selects(selector, labels))
    .map(({ name }) => name);
}

function selectorProblems(manifests: readonly Manifest[]): string[] {
  return services(manifests).flatMap(({ name, selector }) => {
    const found = selected(selector ?? {}, manifests);
    return found.join() === name ? [] : [`${name} selects the pods of ${found.join(', ') || 'nobody'}`];
  });
}

function serviceProblems(manifests: readonly Manifest[]): string[] {
  const all = ofKind(manifests, 'Service');
  const problems = all.flatMap((service) => {
    const name = nameOf(service);
    const found = workloads(manifests).filter(({ labels }) => selects(matching(service.spec.selector), labels));
    if (found.length !== 1) return [`${name} has ${found.length} workloads behind it`];
    const ports = found[0]!.container.ports ?? [];
    return service.spec.ports
      .filter(({ targetPort }) => !ports.some((port) => [port.name, port.containerPort].includes(targetPort)))
      .map(({ targetPort }) => `${name}: ${found[0]!.name} has no port ${targetPort}`);
  });
  const sets = ofKind(manifests, 'StatefulSet').flatMap((set) => {
    const headless = all.find(
      ({ metadata, spec }) => metadata.name === set.spec.serviceName && spec.clusterIP === 'None',
    );
    return headless ? [] : [`${nameOf(set)}: there is no headless service ${set.spec.serviceName}`];
  });
  return [...problems, ...sets];
}

function matching(matchLabels: Labels): Selector {
  return { matchLabels };
}

function ingressProblems(manifests: readonly Manifest[]): string[] {
  return ofKind(manifests, 'Ingress').flatMap((ingress) => {
    const paths = ingress.spec.rules.flatMap(({ http }) => http.paths);
    return paths.flatMap(({ path, backend: { service } }) => {
      const there = ofKind(manifests, 'Service').find(({ metadata }) => metadata.name === service.name);
      const open = there?.spec.ports.some(({ name }) => name === service.port.name) ?? false;
      const inside = /^\/(health|metrics)|^\/$/.test(path);
      return [
        ...(open ? [] : [`${nameOf(ingress)}: ${path} leads to no port ${service.port.name} of ${service.name}`]),
        ...(inside ? [`${nameOf(ingress)}: ${path} shows the outside what is to stay inside`] : []),
      ];
    });
  });
}

function autoscalerProblems(manifests: readonly Manifest[]): string[] {
  const scalers = ofKind(manifests, 'HorizontalPodAutoscaler');
  const targets = scalers.map(({ spec }) => `${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`);
  const scaled = services(manifests);
  const fixed = [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'StatefulSet')].filter(
    ({ spec }) => spec.replicas !== undefined,
  );
  return [
    ...scaled.flatMap(({ name }) => {
      const count = targets.filter((target) => target === name).length;
      return count === 1 ? [] : [`${name} has ${count} autoscalers`];
    }),
    ...scalers
      .filter((_, index) => !scaled.some(({ name }) => name === targets[index]))
      .map((scaler) => `${nameOf(scaler)} scales nothing`),
    ...scalers
      .filter(({ spec }) => !(spec.minReplicas >= 2 && spec.maxReplicas > spec.minReplicas))
      .map((scaler) => `${nameOf(scaler)} has no two replicas at least, or no more at most`),
    ...fixed.map((workload) => `${nameOf(workload)} sets replicas, which its autoscaler decides`),
  ];
}

function disruptionProblems(manifests: readonly Manifest[]): string[] {
  const budgets = ofKind(manifests, 'PodDisruptionBudget');
  const wrong = budgets.flatMap((budget) => {
    const found = selected(budget.spec.selector, manifests);
    if (found.length !== 1) return [`${nameOf(budget)} is about ${found.length} workloads`];
    return budget.spec.maxUnavailable === 1 ? [] : [`${nameOf(budget)} lets more than one go at a time, or none`];
  });
  const without = services(manifests).filter(
    ({ labels }) => !budgets.some(({ spec }) => selects(spec.selector, labels)),
  );
  return [...wrong, ...without.map(({ name }) => `${name} has no disruption budget`)];
}

function spreadProblems(manifests: readonly Manifest[]): string[] {
  return services(manifests).flatMap(({ name, pod }) => {
    const constraints = pod.topologySpreadConstraints ?? [];
    const missing = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].filter(
      (key) => !constraints.some(({ topologyKey }) => topologyKey === key),
    );
    const wrong = constraints.filter(({ labelSelector }) => selected(labelSelector, manifests).join() !== name);
    return [
      ...missing.map((key) => `${name} is not spread by ${key}`),
      ...wrong.map(({ topologyKey }) => `${name} is spread by ${topologyKey} among pods of others`),
    ];
  });
}

function rolloutProblems(manifests: readonly Manifest[]): string[] {
  const deployments = ofKind(manifests, 'Deployment')
    .filter(({ spec }) => spec.strategy?.rollingUpdate?.['maxUnavailable'] !== 0)
    .map((deployment) => `${nameOf(deployment)} takes a pod away before there is a new one`);
  const sets = ofKind(manifests, 'StatefulSet')
    .filter(({ spec: { persistentVolumeClaimRetentionPolicy: policy } }) => {
      return policy?.['whenDeleted'] !== 'Retain' || policy['whenScaled'] !== 'Retain';
    })
    .map((set) => `${nameOf(set)} throws the journals of its pods away`);
  return [...deployments, ...sets];
}

function duplicates(manifests: readonly Manifest[]): string[] {
  const names = manifests.map(nameOf);
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`);
}
