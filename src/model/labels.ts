/** Labels and label selectors, in the shape of the Kubernetes API (meta/v1 LabelSelector). */

export type Labels = Readonly<Record<string, string>>;

export type LabelOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export interface LabelExpression {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values?: readonly string[];
}

/** `{}` selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelExpression[];
}

/** Present on every namespace, also where a manifest lacks it (API server's NamespaceDefaultLabelName). */
export const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';
