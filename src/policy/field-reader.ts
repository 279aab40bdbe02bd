/** Reads fields of untyped JSON and collects what is wrong with them, with the field's path. */

import { QUOTE_BOOLEAN } from '../model/decode/fields.ts';
import { PosternError, type Location } from '../model/error.ts';

export class FieldReader {
  readonly problems: PosternError[] = [];
  readonly #locate: (field: string) => Location;

  constructor(locate: (field: string) => Location) {
    this.#locate = locate;
  }

  report(field: string, message: string, mend: string): undefined {
    this.problems.push(new PosternError('E_POLICY_FIELD', message, { at: this.#locate(field), mend }));
    return undefined;
  }

  /** An entry of a list: like `object`, but nothing is not `{}`. A forgotten entry ("- " alone) must not come to mean "anyone". */
  entry(value: unknown, field: string, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    if (value === undefined || value === null) return this.report(field, 'an empty entry', 'write {} to mean everything, or take it out');
    return this.object(value, field, known);
  }

  /** An object, `{}` where it is absent or null; `undefined` and a problem for anything else or for a field that is not known. */
  object(value: unknown, field: string, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    const object = value ?? {};
    if (typeof object !== 'object' || Array.isArray(object)) {
      return this.report(field, `expected an object, found ${describe(value)}`, 'see the NetworkPolicy API reference');
    }
    const strange = Object.keys(object).find((key) => !known.includes(key));
    if (strange !== undefined) {
      return this.report(`${field}.${strange}`, `unknown field "${strange}"`, `known here: ${known.join(', ')}`);
    }
    return object as Readonly<Record<string, unknown>>;
  }

  /** A list, empty where it is absent or null. */
  list(value: unknown, field: string): readonly unknown[] | undefined {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return this.report(field, `expected a list, found ${describe(value)}`, 'begin each entry with "- "');
    return value;
  }

  string(value: unknown, field: string): string | undefined {
    if (typeof value === 'string') return value;
    return this.report(field, `expected text, found ${describe(value)}`, typeof value === 'boolean' ? QUOTE_BOOLEAN : 'put it in quotes');
  }
}

export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value)}`;
}
