/** Where something stands, as one text. */

import type { Location } from '../../model/error.ts';
import type { Finding } from '../finding.ts';
import { printableText } from './printable-text.ts';

/** `shop.yaml:12:7`, which terminals and editors open on a click; undefined where no file is known. */
export function filePlace({ file, line, column }: Location): string | undefined {
  if (file === undefined) return undefined;
  const parts = [file, ...(line === undefined ? [] : [line, ...(column === undefined ? [] : [column])])];
  return printableText(parts.join(':'));
}

/** `NetworkPolicy shop/web: spec.ingress[0]`; empty where neither is known. */
export function objectPlace({ object, field }: Location): string {
  return printableText([object, field].filter((part) => part !== undefined).join(': '));
}

/** The file's place, else the object's. */
export function anyPlace(at: Location): string {
  return filePlace(at) ?? objectPlace(at);
}

/** What is wrong with which object, and where in it: for a line that has the file's place beside it, or none. Not yet printable. */
export function sentenceOf({ at, message }: Pick<Finding, 'at' | 'message'>): string {
  const { object, field } = at;
  if (object === undefined || !message.includes(object)) return [object, field, message].filter((part) => part !== undefined).join(': ');
  return field === undefined ? message : `${message} (${field})`;
}
