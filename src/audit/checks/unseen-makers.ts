/** Objects of the input that may make pods of which it says nothing: custom resources, by whatever operator runs them. */

import type { AuditInput } from '../input/audit-input.ts';

/** What is passed over and makes no pods: kinds of Kubernetes itself, and those that only watch. */
const MAKE_NONE: ReadonlySet<string> = new Set([
  'APIService',
  'Certificate',
  'CertificateSigningRequest',
  'ClusterIssuer',
  'ClusterRole',
  'ClusterRoleBinding',
  'ComponentStatus',
  'ConfigMap',
  'ControllerRevision',
  'CSIDriver',
  'CSINode',
  'CustomResourceDefinition',
  'Endpoints',
  'Event',
  'FlowSchema',
  'GatewayClass',
  'HorizontalPodAutoscaler',
  'IngressClass',
  'Issuer',
  'Lease',
  'LimitRange',
  'MutatingWebhookConfiguration',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'PodMonitor',
  'PodSecurityPolicy',
  'PodTemplate',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'Probe',
  'PrometheusRule',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'RuntimeClass',
  'Secret',
  'ServiceAccount',
  'ServiceMonitor',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
]);
const NAMED = 3;

/** `, unless an operator makes them: the input has Prometheus and Alertmanager`; empty where nothing does. */
export function describeUnseenMakers({ passedOver, whole }: AuditInput): string {
  const kinds = Object.keys(passedOver?.kinds ?? {}).filter((kind) => !MAKE_NONE.has(kind) && !kind.endsWith('Policy'));
  if (whole || kinds.length === 0) return '';
  const named = kinds.toSorted().slice(0, NAMED).join(', ');
  return `, unless an operator makes them: the input has ${named}${kinds.length > NAMED ? ` and ${kinds.length - NAMED} more kinds of custom resources` : ''}`;
}
