/** Pods and namespaces that do not exist have no names: their labels stand for them. */

import type { Labels } from '../../model/labels.ts';

/** ` with app=web, tier=front`; ` without labels` */
export function describeLabels(labels: Labels): string {
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return words.length === 0 ? ' without labels' : ` with ${words.join(', ')}`;
}

/** `a new namespace with env=prod`; its labels are those that somebody asks for, without its name. */
export function nameNewNamespace(labels: Labels): string {
  return `a new namespace${Object.keys(labels).length === 0 ? '' : describeLabels(labels)}`;
}
