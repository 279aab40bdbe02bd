/** What may stand as a name, as a label's key and as its value (apimachinery's pkg/util/validation). */

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_SUBDOMAIN = 253;

const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LONGEST_LABEL = 63;

const LABEL_WORDS = `at most ${LONGEST_LABEL} letters, digits, "-", "_" and ".", with a letter or digit at both ends`;

export const LABEL_KEY_MEND = `use ${LABEL_WORDS}; before it may stand a DNS name and "/"`;
export const LABEL_VALUE_MEND = `use ${LABEL_WORDS}`;

/** IsDNS1123Subdomain. */
export function isSubdomain(text: string): boolean {
  return text.length <= LONGEST_SUBDOMAIN && SUBDOMAIN.test(text);
}

/** IsQualifiedName. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  return slash < 0 ? isLabel(key) : isSubdomain(key.slice(0, slash)) && isLabel(key.slice(slash + 1));
}

/** IsValidLabelValue. */
export function isLabelValue(value: string): boolean {
  return value === '' || isLabel(value);
}

function isLabel(text: string): boolean {
  return text.length <= LONGEST_LABEL && LABEL.test(text);
}
