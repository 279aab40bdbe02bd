/** Labels as the API server takes them: with others the object would not come to be. */

import { describeValue, fieldError, textMapAt, type JsonRecord } from '../../model/decode/fields.ts';
import type { Labels } from '../../model/labels.ts';
import { isLabelKey, isLabelValue, LABEL_KEY_MEND, LABEL_VALUE_MEND } from '../../model/name-syntax.ts';

/** `path`: of the labels. Throws `E_OBJECT_FIELD` at the first that is none. */
export function decodeLabels(metadata: JsonRecord, path: string): Labels {
  const labels = textMapAt(metadata, 'labels', path);
  for (const [key, value] of Object.entries(labels)) {
    const at = `${path}[${JSON.stringify(key)}]`;
    if (!isLabelKey(key)) throw fieldError(at, `${describeValue(key)} is no label key`, LABEL_KEY_MEND);
    if (!isLabelValue(value)) throw fieldError(at, `${describeValue(value)} is no label value`, LABEL_VALUE_MEND);
  }
  return labels;
}
