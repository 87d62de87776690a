/** Labels, or what selects by them. */
export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: string[];
  }[];
}

interface Reference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: Reference; readonly configMapKeyRef?: Reference };
}

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number | string };
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly EnvironmentVariable[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string }; readonly secretRef?: unknown }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Pod {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly emptyDir?: unknown; readonly hostPath?: unknown }[];
  readonly topologySpreadConstraints?: readonly { readonly topologyKey: string; readonly labelSelector: Selector }[];
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Labels;
}

interface PolicyRule {
  readonly to?: readonly unknown[];
  readonly from?: readonly unknown[];
  readonly ports?: readonly { readonly protocol?: string; readonly port: number | string }[];
}

/** What the checks read of each kind, once the schema has been held to. */
export interface Kinds {
  Namespace: object;
  ServiceAccount: { readonly automountServiceAccountToken?: boolean };
  ConfigMap: { readonly data?: Labels };
  Service: {
    readonly spec: {
      readonly clusterIP?: string;
      readonly selector: Labels;
      readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number | string }[];
    };
  };
  Deployment: {
    readonly spec: {
      readonly replicas?: number;
      readonly selector: Selector;
      readonly strategy?: { readonly rollingUpdate?: Readonly<Record<string, unknown>> };
      readonly template: Template;
    };
  };
  StatefulSet: {
    readonly spec: {
      readonly replicas?: number;
      readonly serviceName: string;
      readonly selector: Selector;
      readonly template: Template;
      readonly persistentVolumeClaimRetentionPolicy?: Readonly<Record<string, string>>;
      readonly volumeClaimTemplates?: readonly { readonly metadata: Metadata }[];
    };
  };
  Job: { readonly spec: { readonly template: Template } };
  HorizontalPodAutoscaler: {
    readonly spec: {
      readonly scaleTargetRef: { readonly kind: string; readonly name: string };
      readonly minReplicas: number;
      readonly maxReplicas: number;
    };
  };
  PodDisruptionBudget: { readonly spec: { readonly selector: Selector; readonly maxUnavailable?: number } };
  NetworkPolicy: {
    readonly spec: {
      readonly podSelector: Selector;
      readonly policyTypes: readonly string[];
      readonly ingress?: readonly PolicyRule[];
      readonly egress?: readonly PolicyRule[];
    };
  };
  Ingress: {
    readonly spec: {
      readonly rules: readonly {
        readonly http: {
          readonly paths: readonly {
            readonly path: string;
            readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name: string } } };
          }[];
        };
      }[];
    };
  };
}

export interface Template {
  readonly metadata: { readonly labels: Labels };
  readonly spec: Pod;
}

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** One object, as it would be sent to the cluster. */
export type Manifest = Identity & Readonly<Record<string, unknown>>;

/** Those of one kind. */
export function ofKind<K extends keyof Kinds>(manifests: readonly Manifest[], kind: K): (Identity & Kinds[K])[] {
  return manifests.filter((manifest) => manifest.kind === kind) as unknown as (Identity & Kinds[K])[];
}

/** As messages name it: `Deployment budget`. */
export function nameOf({ kind, metadata }: Identity): string {
  return `${kind} ${metadata.name}`;
}

/** Whatever makes pods. */
export interface Workload {
  /** `Deployment budget`. */
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'Job';
  /** The app whose image it runs, as its label says. */
  readonly app: string;
  readonly labels: Labels;
  readonly pod: Pod;
  /** The first container, which is the only one. */
  readonly container: Container;
  /** The names of the volumes that it claims. */
  readonly claims: readonly string[];
  readonly selector: Selector | undefined;
}

export function workloads(manifests: readonly Manifest[]): Workload[] {
  return (['Deployment', 'StatefulSet', 'Job'] as const).flatMap((kind) =>
    ofKind(manifests, kind).map((manifest) => {
      const spec = manifest.spec as Kinds['StatefulSet']['spec'];
      const { labels } = spec.template.metadata;
      const pod = spec.template.spec;
      return {
        name: nameOf(manifest),
        kind,
        app: labels['app.kubernetes.io/name'] ?? '',
        labels,
        pod,
        container: pod.containers[0]!,
        claims: (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
        selector: spec.selector as Selector | undefined,
      };
    }),
  );
}

/** The workloads that run for ever. */
export function services(manifests: readonly Manifest[]): Workload[] {
  return workloads(manifests).filter(({ kind }) => kind !== 'Job');
}

/** Whether pods with these labels are selected. An empty selector selects all. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const byLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    byLabels &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'In') return labels[key] !== undefined && values.includes(labels[key]);
      throw new Error(`These checks don't know the operator ${operator}.`);
    })
  );
}
