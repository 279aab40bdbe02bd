/** Reading unknown values field by field, with every problem noted rather than thrown. */

export interface Problem {
  /** e.g. `spec.ingress[0].ports[1].port` */
  readonly field: string;
  readonly text: string;
  /** True where the policy stays valid all the same. */
  readonly harmless: boolean;
}

export interface Report {
  readonly problems: Problem[];
}

/** Note a problem unless `good`, and say whether it was. */
export function check(report: Report, field: string, good: boolean, text: string): boolean {
  if (!good) report.problems.push({ field, text, harmless: false });
  return good;
}

export function note(report: Report, field: string, text: string): void {
  report.problems.push({ field, text, harmless: true });
}

/** `null` is an absent field, as in every Kubernetes manifest. */
export function optional(value: unknown): unknown {
  return value === null ? undefined : value;
}

/** An object with no other than the known fields: a mistyped field must not widen anything. */
export function readObject(
  report: Report,
  field: string,
  value: unknown,
  known: readonly string[] | 'any',
): Readonly<Record<string, unknown>> | undefined {
  if (!check(report, field, isObject(value), 'must be an object')) return undefined;
  const object = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(object)) {
    if (known !== 'any') check(report, `${field}.${name}`, known.includes(name), 'unknown field');
  }
  return object;
}

/** An absent list is an empty one. */
export function readList<Item>(
  report: Report,
  field: string,
  value: unknown,
  readItem: (field: string, value: unknown) => Item,
): readonly Item[] {
  const list = optional(value) ?? [];
  if (!check(report, field, Array.isArray(list), 'must be a list')) return [];
  return (list as readonly unknown[]).map((item, index) => readItem(`${field}[${index}]`, item));
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
