/** Opens a file that a person has written for the audit itself: one document of YAML or JSON, with a reader that knows its lines. */

import { readJson } from '../../manifests/json-document.ts';
import { locateField } from '../../manifests/locate-field.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { readYaml } from '../../manifests/yaml-document.ts';
import { PosternError } from '../../model/error.ts';
import { ConfigReader } from './config-reader.ts';

/** `value` is undefined where the file is empty. A `broken` one is no YAML or JSON. */
export type OpenedDocument = { readonly reader: ConfigReader; readonly value: unknown } | { readonly broken: PosternError };

/** `code`: of every problem with it. Never throws for bad input. */
export function openDocument(code: string, text: string, file: string): OpenedDocument {
  const source: SourceText = { text: text.replace(/^\ufeff/, ''), line: 1, column: 1 };
  const json = readJson(source);
  const documents = json === undefined ? readYaml(source, 'settings') : [json];
  const reader = new ConfigReader(code, (field) => ({ file, ...locateField(source, field), ...(field === '' ? {} : { field }) }));
  const [document, ...more] = documents;
  if (more.length > 0) reader.report('', 'it is more than one document', 'write one, without "---"');
  if (document?.type !== 'broken') return { reader, value: document?.value };
  const { message, at, mend } = document.error;
  const told = message.replace(/; [^;]*NetworkPolicy[^;]*$/, '');
  return { broken: new PosternError(code, told, { at: { ...at, file }, ...(mend === undefined ? {} : { mend }) }) };
}
