import type { BetterDirection } from '@purser/contracts';

/** What a policy is made of. */
export interface PolicySource {
  readonly metricId: string;
  readonly direction: BetterDirection;
  readonly target: number | null | undefined;
  readonly warning: number | null | undefined;
  readonly critical: number | null | undefined;
}

/** A module in Rego and the package that it is. */
export interface RegoModule {
  readonly package: string;
  readonly policy: string;
}

/** The steps from bad to good. */
const STEPS = ['critical', 'warning', 'target'] as const;
type Step = (typeof STEPS)[number];

/** What `input.value` is when it falls short of a threshold. */
const SHORT: Readonly<Record<BetterDirection, string>> = { higher: '<', lower: '>' };

/**
 * The Open Policy Agent's policy of a metric: a module in Rego version 1 that judges `input.value`.
 *
 * - `status`: `critical` when the value falls short of that threshold, else `warning`, else `off-target` when it falls
 *   short of the target, else `on-target`; `unknown` where `input.value` is no number. A threshold itself is not short of.
 * - `deny` and `warn`: what there is to say about it; `allow`: there is nothing to deny.
 *
 * All that comes from the definition stands in it as a JSON string or a JSON number, which Rego reads as JSON does; the
 * metricId in the package is escaped to a name. None of it can become a rule.
 */
export function regoPolicy(source: PolicySource): RegoModule {
  const name = `purser.metrics.${safeName(source.metricId)}`;
  const steps = STEPS.filter((step) => source[step] != null);
  const sections = [
    HEAD(name, source),
    `thresholds := ${JSON.stringify(Object.fromEntries(steps.map((step) => [step, source[step]])))}`,
    statusRule(steps, SHORT[source.direction]),
    RULES,
    ...steps.map(messageRule),
  ];
  return { package: name, policy: sections.join('\n\n') + '\n' };
}

/** A name that Rego allows, another one for each metricId: what is no letter or digit becomes its code point in hex. */
export function safeName(metricId: string): string {
  return `m_${metricId.replaceAll(/[^A-Za-z0-9]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`)}`;
}

const HEAD = (name: string, { metricId, direction }: PolicySource): string => `package ${name}

import rego.v1

metric_id := ${JSON.stringify(metricId)}

expected_direction := ${JSON.stringify(direction)}`;

/** The worst step that the value falls short of. */
function statusRule(steps: readonly Step[], short: string): string {
  const branch = (status: string, condition: string) => `:= "${status}" if ${condition}`;
  const branches = [
    branch('unknown', 'not is_number(input.value)'),
    ...steps.map((step) => branch(step === 'target' ? 'off-target' : step, `input.value ${short} thresholds.${step}`)),
  ];
  return `default status := "on-target"\n\nstatus ${branches.join('\n\nelse ')}`;
}

const RULES = `default allow := false

allow if count(deny) == 0

deny contains "input.value must be a number" if status == "unknown"`;

const SAID: Readonly<Record<Step, readonly [rule: string, status: string, words: string]>> = {
  critical: ['deny', 'critical', 'is critical: %v, where the threshold is'],
  warning: ['warn', 'warning', 'needs attention: %v, where the threshold is'],
  target: ['warn', 'off-target', 'is off target: %v, where the target is'],
};

/** What to say about a step; only of one that the metric has: OPA refuses what names a threshold that is not there. */
function messageRule(step: Step): string {
  const [rule, status, words] = SAID[step];
  return `${rule} contains message if {
	status == "${status}"
	message := sprintf("%s ${words} %v", [metric_id, input.value, thresholds.${step}])
}`;
}
