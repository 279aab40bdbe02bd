/** Metrics of what is enforced: endpoints, policies, and what the compiler makes of them. Single pods have no label: a node has hundreds, and they come and go. */

import type { Policy } from '../../policy/policy.ts';
import type { MetricMaker } from './metric-maker.ts';
import type { TelemetryParts } from './parts.ts';

const ISOLATIONS = ['none', 'ingress', 'egress', 'both'] as const;
const POLICY_STATES = ['valid', 'refused', 'invalid'] as const;

export function addPolicyMetrics(maker: MetricMaker, { compiler, interfaces, reconciler, node }: TelemetryParts): void {
  maker.gauges(
    {
      name: 'postern_endpoints',
      help: 'Local pods that are enforced, by the directions in which policies isolate them.',
      labels: ['isolated'],
    },
    () => {
      const found = [...interfaces.bound.keys()].map((pod) => {
        const { ingress, egress } = compiler.subject(pod)?.rulesets ?? {};
        return ISOLATIONS[(ingress === undefined ? 0 : 1) + (egress === undefined ? 0 : 2)];
      });
      return ISOLATIONS.map((isolated) => [{ isolated }, found.filter((one) => one === isolated).length]);
    },
  );
  maker.gauge(
    { name: 'postern_enforcement_on', help: '0 while nothing is enforced at this node: not yet, or it has been turned off.' },
    () => Number(reconciler.inForce.enforcement.on),
  );
  maker.gauge(
    {
      name: 'postern_endpoints_missing',
      help: 'Local pods with an address whose interface was not found: nothing is enforced for them yet.',
    },
    () => interfaces.missing.length,
  );
  maker.gauge(
    { name: 'postern_endpoints_unenforced', help: 'Local pods whose interface has no host side here: nothing can be enforced for them.' },
    () => interfaces.unenforced.size,
  );
  maker.gauges(
    {
      name: 'postern_policies',
      help: 'NetworkPolicies of the cluster: valid; refused, since they do not fit the budgets of this node; invalid. The last two allow nothing.',
      labels: ['state'],
    },
    () => {
      const refused = compiler.refusedAt(node);
      const stateOf = ({ key, valid }: Policy): (typeof POLICY_STATES)[number] =>
        !valid ? 'invalid' : refused.has(key) ? 'refused' : 'valid';
      const states = compiler.policies.values().map(stateOf).toArray();
      return POLICY_STATES.map((state) => [{ state }, states.filter((one) => one === state).length]);
    },
  );
  maker.gauge(
    { name: 'postern_identities', help: 'Classes of addresses that live peer lists tell apart.' },
    () => compiler.identities.size,
  );
  maker.gauge(
    { name: 'postern_rulesets', help: 'Different allow-lists of single directions; endpoints share them.' },
    () => compiler.rulesets.size,
  );
  maker.gauge(
    { name: 'postern_left_out', help: "Rows and lists of pods that found no room in the kernel's tables: what they allow is closed." },
    () => compiler.leftOut,
  );
  maker.gauge(
    { name: 'postern_counts_waiting', help: '1 while changes in some namespace wait until its budget can be counted again.' },
    () => Number(compiler.waiting),
  );
}
