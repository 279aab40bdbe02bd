/** Takes away the findings that the configuration, or an object's own annotation, says may be ignored. */

import { PosternError } from '../../model/error.ts';
import { nearestName } from '../checks/nearest-name.ts';
import type { CheckReport, Finding } from '../finding.ts';
import type { AuditInput, ObjectIgnore } from '../input/audit-input.ts';
import { IGNORE_ANNOTATION } from '../input/object-ignores.ts';
import type { IgnoreRule } from './audit-config.ts';
import { matchesNamespace, matchesObject, readObjectName } from './match-object.ts';

export interface IgnoreOptions {
  /** Of the configuration. */
  readonly rules?: readonly IgnoreRule[];
  /** What its objects themselves ask for. */
  readonly input?: Pick<AuditInput, 'ignores' | 'workloads'>;
  /** `2026-12-31`; the day of today in UTC by default. */
  readonly today?: string;
  /** The ids of checks that there are: an annotation that names another is told. */
  readonly checks?: readonly string[];
}

export interface AppliedIgnores extends Pick<CheckReport, 'findings' | 'ignored'> {
  /** `E_IGNORE_EXPIRED` for rules that no longer hold, `E_IGNORE` for annotations that name no check. */
  readonly problems: readonly PosternError[];
}

export function applyIgnores(findings: readonly Finding[], options: IgnoreOptions): AppliedIgnores {
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  const rules = options.rules ?? [];
  const inForce = rules.filter((rule) => !hasExpired(rule, today));
  const own = new OwnIgnores(options.input);
  const left: Finding[] = [];
  const ignored: { readonly finding: Finding; readonly reason: string }[] = [];
  for (const finding of findings) {
    const reason = inForce.find((rule) => ruleMatches(rule, finding))?.reason ?? own.reasonFor(finding);
    if (reason === undefined) left.push(finding);
    else ignored.push({ finding, reason });
  }
  const expired = rules.filter((rule) => hasExpired(rule, today)).map(expiredError);
  return { findings: left, ignored, problems: [...expired, ...strangeChecks(options)] };
}

/** It holds on its last day. */
function hasExpired({ expires }: IgnoreRule, today: string): boolean {
  return expires !== undefined && expires < today;
}

function ruleMatches({ check, object, namespace }: IgnoreRule, finding: Finding): boolean {
  const about = finding.at.object ?? '';
  return check === finding.check && matchesObject(object, about) && (namespace === undefined || matchesNamespace(namespace, about));
}

function expiredError(rule: IgnoreRule): PosternError {
  return new PosternError(
    'E_IGNORE_EXPIRED',
    `the ignore of ${rule.check} for ${rule.object} has expired on ${rule.expires}, and ignores nothing any more`,
    {
      at: rule.at,
      mend: 'mend what it was for, or look at its reason again and give a later day',
    },
  );
}

function strangeChecks({ input, checks }: IgnoreOptions): readonly PosternError[] {
  if (checks === undefined) return [];
  const strange = (input?.ignores ?? []).filter(({ check }) => !checks.includes(check));
  return strange.map(({ check, object }) => {
    const near = nearestName(check, checks);
    return new PosternError('E_IGNORE', `its annotation ${IGNORE_ANNOTATION} names ${JSON.stringify(check)}, and there is no such check`, {
      at: { object },
      mend: near === undefined ? 'write the id of a check, such as PN001' : `did you mean ${near}?`,
    });
  });
}

/** Ignores by annotation, by check and object. That of a workload holds for its pods, that of a Namespace for all that is in it. */
class OwnIgnores {
  readonly #reasons = new Map<string, string>();
  readonly #makers = new Map<string, string>();

  constructor(input: IgnoreOptions['input']) {
    for (const { check, object, reason } of input?.ignores ?? []) this.#reasons.set(keyOf({ check, object }), reason);
    if (this.#reasons.size === 0) return;
    for (const { kind, namespace, name, pods } of input?.workloads ?? []) {
      for (const pod of pods) this.#makers.set(`Pod ${namespace}/${pod.name}`, `${kind} ${namespace}/${name}`);
    }
  }

  reasonFor({ check, at: { object = '' } }: Finding): string | undefined {
    const { namespace } = readObjectName(object);
    const asked = [object, this.#makers.get(object), `Namespace ${namespace}`];
    return asked
      .map((about) => (about === undefined ? undefined : this.#reasons.get(keyOf({ check, object: about }))))
      .find((reason) => reason !== undefined);
  }
}

function keyOf({ check, object }: Pick<ObjectIgnore, 'check' | 'object'>): string {
  return `${check} ${object}`;
}
