/** Objects of the input that may make pods of which it says nothing: custom resources, by whatever operator runs them. */

import type { AuditInput } from '../input/audit-input.ts';

/** What is passed over and makes no pods: kinds of Kubernetes itself, and those that only watch. */
const MAKE_NONE: ReadonlySet<string> = new Set([
  'AdmissionConfiguration',
  'APIService',
  'Certificate',
  'CertificateSigningRequest',
  'ClusterIssuer',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterSecretStore',
  'ComponentStatus',
  'Config',
  'ConfigMap',
  'ControllerRevision',
  'CSIDriver',
  'CSINode',
  'DestinationRule',
  'EncryptionConfiguration',
  'Endpoints',
  'EnvoyFilter',
  'Event',
  'ExternalSecret',
  'FlowSchema',
  'GatewayClass',
  'HorizontalPodAutoscaler',
  'IngressClass',
  'IngressRoute',
  'Issuer',
  'KubeletConfiguration',
  'Lease',
  'LimitRange',
  'Middleware',
  'MutatingWebhookConfiguration',
  'NetworkAttachmentDefinition',
  'PeerAuthentication',
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
  'ReferenceGrant',
  'RequestAuthentication',
  'ResourceQuota',
  'Role',
  'RoleBinding',
  'Route',
  'RuntimeClass',
  'SealedSecret',
  'Secret',
  'SecretStore',
  'SecurityContextConstraints',
  'ServiceAccount',
  'ServiceEntry',
  'ServiceExport',
  'ServiceImport',
  'ServiceMonitor',
  'Sidecar',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VerticalPodAutoscaler',
  'VirtualService',
  'VolumeAttachment',
  'VolumeSnapshot',
  'VolumeSnapshotClass',
  'VolumeSnapshotContent',
]);
/** Where custom resources are defined, what makes pods of them is near, or asks for pods itself. */
const DEFINITION = 'CustomResourceDefinition';
const NAMED = 3;

/** `, unless an operator makes them: the input has Prometheus and Alertmanager`; empty where nothing does. */
export function describeUnseenMakers({ passedOver, whole }: AuditInput): string {
  const kinds = Object.keys(passedOver?.kinds ?? {}).filter((kind) => !MAKE_NONE.has(kind) && !kind.endsWith('Policy'));
  if (whole || kinds.length === 0) return '';
  const resources = kinds.filter((kind) => kind !== DEFINITION).toSorted();
  if (resources.length === 0) return ', unless an operator makes them: the input defines custom resources';
  const more = resources.length > NAMED ? ` and ${resources.length - NAMED} more kinds of custom resources` : '';
  return `, unless an operator makes them: the input has ${resources.slice(0, NAMED).join(', ')}${more}`;
}
