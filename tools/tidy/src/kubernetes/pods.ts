import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.ts';
import { literalVariables } from './environment.ts';
import { imageUser, imageVariables } from './image.ts';
import { ofKind, selects, services, workloads, type Container, type Manifest, type Workload } from './manifest.ts';

/** Of each phase of a drain after those that share DRAIN_TIMEOUT_MS (libs/health). */
const drain = readFileSync(join(root, 'libs/health/src/core/drain.ts'), 'utf8');
const laterPhaseMs = Number(/const laterPhaseMs = ([\d_]+);/.exec(drain)![1]!.replaceAll('_', ''));
const laterPhases = ['release', 'flush', 'disconnect', 'close'];

/** Lets a process that took all the time it may still write down how it ended. */
const spareMs = 10_000;

const probePaths = { startupProbe: '/health/startup', readinessProbe: '/health/ready', livenessProbe: '/health/live' };

/** What would let a pod do more than it has to. */
export function confinementProblems(manifests: readonly Manifest[]): string[] {
  const accounts = ofKind(manifests, 'ServiceAccount');
  return workloads(manifests).flatMap(({ name, pod }) => {
    const problems: string[] = [];
    const expect = (holds: boolean, what: string) => void (holds || problems.push(`${name}: ${what}`));
    const { securityContext = {} } = pod;
    const account = accounts.find(({ metadata }) => metadata.name === pod.serviceAccountName);
    expect(account !== undefined, `there is no service account ${pod.serviceAccountName ?? '(none named)'}`);
    expect(account?.automountServiceAccountToken === false, 'its service account mounts its token');
    expect(pod.automountServiceAccountToken === false, 'it mounts the token of its service account');
    expect(pod.enableServiceLinks === false, 'services of the namespace would set variables of it');
    expect(securityContext['runAsNonRoot'] === true, 'it may run as root');
    expect(securityContext['runAsUser'] === imageUser, `it does not run as the image's user, ${imageUser}`);
    expect(profileOf(securityContext) === 'RuntimeDefault', 'it has no seccomp profile');
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(!(field in pod), `it has ${field}`);
    expect(!(pod.volumes ?? []).some(({ hostPath }) => hostPath !== undefined), "it mounts a folder of its node's");
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      problems.push(...containerProblems(container).map((problem) => `${name}, ${container.name}: ${problem}`));
    }
    return problems;
  });
}

function profileOf({ seccompProfile }: Readonly<Record<string, unknown>>): string | undefined {
  return (seccompProfile as { type?: string } | undefined)?.type;
}

function containerProblems({ securityContext: context = {}, resources = {} }: Container): string[] {
  const problems: string[] = [];
  if (context['allowPrivilegeEscalation'] !== false) problems.push('it may gain privileges');
  if (context['readOnlyRootFilesystem'] !== true) problems.push('its root file system can be written to');
  const { drop = [], add = [] } = (context['capabilities'] ?? {}) as { drop?: string[]; add?: string[] };
  if (!drop.includes('ALL') || add.length > 0) problems.push('it keeps capabilities');
  if ('privileged' in context || 'runAsUser' in context) problems.push("it overrides its pod's security");
  for (const resource of ['cpu', 'memory']) {
    const request = quantity(resources.requests?.[resource]);
    const limit = quantity(resources.limits?.[resource]);
    if (!(request > 0) || !(limit >= request)) problems.push(`it has no request of ${resource} below a limit`);
  }
  return problems;
}

const units: Readonly<Record<string, number>> = { m: 1e-3, '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** `250m`, `512Mi` as a number; NaN for what is none. */
export function quantity(text = ''): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(m|Ki|Mi|Gi|)$/.exec(text) ?? [];
  return Number(digits) * (units[unit ?? '?'] ?? Number.NaN);
}

/** Mounts without a volume, volumes that nobody mounts, and a data folder that could not be written to. */
export function volumeProblems(manifests: readonly Manifest[]): string[] {
  return workloads(manifests).flatMap(({ name, kind, pod, container, claims }) => {
    const volumes = [...(pod.volumes ?? []).map((volume) => volume.name), ...claims];
    const mounts = container.volumeMounts ?? [];
    const mounted = mounts.map((mount) => mount.name);
    const problems = [
      ...mounted.filter((volume) => !volumes.includes(volume)).map((volume) => `there is no volume ${volume}`),
      ...volumes.filter((volume) => !mounted.includes(volume)).map((volume) => `nothing mounts the volume ${volume}`),
    ];
    const data = mounts.find(({ mountPath }) => mountPath === imageVariables['PURSER_DATA_DIR']);
    if (kind !== 'Job' && (!data || data.readOnly)) problems.push('it can write nothing into PURSER_DATA_DIR');
    // The journal is there; an empty folder at the next start would strand what the last process held.
    if (kind === 'StatefulSet' && !claims.includes(data?.name ?? '')) problems.push('PURSER_DATA_DIR does not last');
    return problems.map((problem) => `${name}: ${problem}`);
  });
}

/** Probes of paths that no app serves, and ports that no container opens. */
export function probeProblems(manifests: readonly Manifest[]): string[] {
  return services(manifests).flatMap((workload) => {
    const { name, container } = workload;
    const [port, ...others] = container.ports ?? [];
    const listens = Number(literalVariables(workload, manifests)['PORT']);
    const problems: string[] = [];
    if (!port || others.length > 0) problems.push('it has to open one port');
    if (port && port.containerPort !== listens) problems.push(`it names port ${port.containerPort}, not ${listens}`);
    for (const [probe, path] of Object.entries(probePaths)) {
      const asked = container[probe as keyof typeof probePaths]?.httpGet;
      const right = asked?.path === path && (asked.port === port?.name || asked.port === listens);
      if (!right) problems.push(`its ${probe} does not ask for ${path} on its port`);
    }
    return problems.map((problem) => `${name}: ${problem}`);
  });
}

/** How long a drain of this workload takes at most, by its configuration. */
export function drainCeilingMs(workload: Workload, manifests: readonly Manifest[], defaults: DrainDefaults): number {
  const variables = literalVariables(workload, manifests);
  const delayMs = Number(variables['DRAIN_DELAY_MS'] ?? defaults.delayMs);
  const timeoutMs = Number(variables['DRAIN_TIMEOUT_MS'] ?? defaults.timeoutMs);
  return delayMs + timeoutMs + laterPhases.length * laterPhaseMs;
}

export interface DrainDefaults {
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** Pods that would be killed before they have drained, or would refuse what is still sent to them. */
export function drainProblems(manifests: readonly Manifest[], defaults: DrainDefaults): string[] {
  return services(manifests).flatMap((workload) => {
    const ceilingMs = drainCeilingMs(workload, manifests, defaults);
    const graceMs = (workload.pod.terminationGracePeriodSeconds ?? 30) * 1_000;
    const problems: string[] = [];
    if (graceMs < ceilingMs + spareMs) problems.push(`it is killed after ${graceMs} ms, and drains up to ${ceilingMs}`);
    const behind = ofKind(manifests, 'Service').some(({ spec }) =>
      selects({ matchLabels: spec.selector }, workload.labels),
    );
    const delayMs = Number(literalVariables(workload, manifests)['DRAIN_DELAY_MS'] ?? defaults.delayMs);
    if (behind && delayMs < 1_000) problems.push('it takes nothing new before its service has noticed: DRAIN_DELAY_MS');
    return problems.map((problem) => `${workload.name}: ${problem}`);
  });
}
