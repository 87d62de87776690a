import { nameOf, ofKind, selects, workloads, type Kinds, type Manifest, type Workload } from './manifest.ts';

type Policy = Kinds['NetworkPolicy']['spec'];

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Rule {
  readonly to?: readonly unknown[];
  readonly from?: readonly unknown[];
  readonly ports?: readonly { readonly port: number | string }[];
}

/** What is no public address: the cluster's own networks, and where clouds keep their machines' credentials. */
const insideV4 = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
const insideV6 = ['fc00::/7', 'fe80::/10'];

/**
 * What the network policies let each workload reach and be reached by, each once and sorted: `egress 5432`,
 * `ingress http from purser/role=monitoring`.
 */
export function reach(manifests: readonly Manifest[]): Record<string, readonly string[]> {
  const policies = ofKind(manifests, 'NetworkPolicy').map(({ spec }) => spec);
  return Object.fromEntries(
    workloads(manifests).map(({ name, labels }) => {
      const about = policies.filter(({ podSelector }) => selects(podSelector, labels));
      const open = about.flatMap(({ ingress = [], egress = [] }) => [
        ...ingress.flatMap((rule) => portsOf(rule).map((port) => `ingress ${port} from ${namespacesOf(rule)}`)),
        ...egress.flatMap((rule) => portsOf(rule).map((port) => `egress ${port}`)),
      ]);
      return [name, [...new Set(open)].sort()];
    }),
  );
}

function portsOf({ ports }: Rule): (number | string)[] {
  return ports ? ports.map(({ port }) => port) : ['any'];
}

function namespacesOf({ from = [] }: Rule): string {
  const labels = (from as readonly Peer[]).flatMap((peer) => Object.entries(peer.namespaceSelector?.matchLabels ?? {}));
  return labels.map((label) => label.join('=')).join(' or ') || 'anywhere';
}

/** Policies about nobody or about ports that are not there, or too open; and no policy that closes what the others leave. */
export function networkProblems(manifests: readonly Manifest[]): string[] {
  const policies = ofKind(manifests, 'NetworkPolicy');
  const denied = policies.some(({ spec }) => deniesAll(spec));
  return [
    ...policies.flatMap((policy) => {
      const about = workloads(manifests).filter(({ labels }) => selects(policy.spec.podSelector, labels));
      return policyProblems(policy.spec, about).map((problem) => `${nameOf(policy)}: ${problem}`);
    }),
    ...(denied ? [] : ['no policy denies what the others do not allow']),
  ];
}

function deniesAll({ podSelector, policyTypes, ingress, egress }: Policy): boolean {
  const everybody = Object.keys(podSelector).length === 0;
  return everybody && policyTypes.includes('Ingress') && policyTypes.includes('Egress') && !ingress && !egress;
}

function policyProblems({ policyTypes, ingress, egress }: Policy, about: readonly Workload[]): string[] {
  const closed = (port: number | string) =>
    about.filter(({ container }) => !(container.ports ?? []).some(({ name }) => name === port));
  return [
    ...(about.length > 0 ? [] : ['it is about nobody']),
    ...(ingress && !policyTypes.includes('Ingress') ? ['it names ingress but not Ingress'] : []),
    ...(egress && !policyTypes.includes('Egress') ? ['it names egress but not Egress'] : []),
    ...(ingress ?? []).flatMap((rule) => [
      ...(rule.from?.length ? [] : ['it lets everybody in']),
      ...(rule.ports ?? []).flatMap(({ port }) => closed(port).map(({ name }) => `${name} has no port ${port}`)),
    ]),
    ...(egress ?? []).flatMap((rule) => openInside(rule).map((network) => `it lets out to ${network}`)),
  ];
}

/** The networks inside that a rule to all addresses leaves open, of the kind of address that it is about. */
function openInside({ to = [] }: Rule): string[] {
  return (to as readonly Peer[]).flatMap(({ ipBlock }) => {
    if (!ipBlock?.cidr.endsWith('/0')) return [];
    const inside = ipBlock.cidr.includes(':') ? insideV6 : insideV4;
    return inside.filter((network) => !ipBlock.except?.includes(network));
  });
}
