/** Reads the fields of a configuration, and collects what is wrong with them, each with its line. */

import { closestMatch } from 'leven';
import { describeValue, isRecord, type JsonRecord } from '../../model/decode/fields.ts';
import { PosternError, type Location } from '../../model/error.ts';

export class ConfigReader {
  readonly problems: PosternError[] = [];
  readonly #code: string;
  readonly #locate: (field: string) => Location;

  constructor(code: string, locate: (field: string) => Location) {
    this.#code = code;
    this.#locate = locate;
  }

  at(field: string): Location {
    return this.#locate(field);
  }

  report(field: string, message: string, mend: string): undefined {
    this.problems.push(new PosternError(this.#code, message, { at: this.#locate(field), mend }));
    return undefined;
  }

  /** Empty where it is absent; undefined where it is no map. Keys that are not known are reported. */
  map(value: unknown, field: string, known?: readonly string[]): JsonRecord | undefined {
    if (value === undefined || value === null) return {};
    if (!isRecord(value)) return this.report(field, `${describeValue(value)} stands where a map is needed`, 'write keys and values');
    for (const key of known === undefined ? [] : Object.keys(value)) {
      if (known?.includes(key) !== false) continue;
      const near = nearestKey(key, known);
      this.report(
        join(field, key),
        `the key ${JSON.stringify(key)} is not known here`,
        near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`,
      );
    }
    return value;
  }

  list(value: unknown, field: string): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.report(field, `${describeValue(value)} stands where a list is needed`, 'begin each item with "- "');
    return [];
  }

  /** Undefined and reported where it is absent, empty or no text. */
  text(map: JsonRecord, key: string, field: string, mend: string): string | undefined {
    const value = map[key];
    if (value === undefined || value === null) return this.report(field, `it has no ${key}`, mend);
    if (typeof value === 'string' && value.trim() !== '') return value;
    return this.report(join(field, key), `${describeValue(value)} is no ${key}`, mend);
  }

  /** Undefined where it is absent. */
  optionalText(map: JsonRecord, key: string, field: string, mend: string): string | undefined {
    return map[key] === undefined || map[key] === null ? undefined : this.text(map, key, field, mend);
  }
}

/** Keys are few: half of the letters may be other ones, and their case does not count. */
function nearestKey(key: string, known: readonly string[]): string | undefined {
  const near = closestMatch(
    key.toLowerCase(),
    known.map((one) => one.toLowerCase()),
    { maxDistance: Math.ceil(key.length / 2) },
  );
  return known.find((one) => one.toLowerCase() === near);
}

/** The field of a key, as `locateField` reads it. */
export function join(field: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${field}[${JSON.stringify(key)}]`;
  return field === '' ? key : `${field}.${key}`;
}
