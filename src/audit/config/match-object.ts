/** Whether a pattern means an object. */

interface ObjectName {
  readonly kind: string;
  /** Of a Namespace its own name; empty for what has none. */
  readonly namespace: string;
  readonly name: string;
}

/** Of `Deployment shop/web`, `Namespace shop`, `Node n1`. */
export function readObjectName(object: string): ObjectName {
  const [kind = '', key = ''] = object.split(' ', 2);
  const [namespace, name] = key.split('/', 2);
  if (name !== undefined) return { kind, namespace: namespace ?? '', name };
  return { kind, namespace: kind === 'Namespace' ? key : '', name: key };
}

/**
 * `[Kind ][namespace/]name`: what is left out matters nothing, and `*` stands for any letters. `*` alone is anything, `web` a web of any kind anywhere,
 * `shop/*` all in the namespace shop, `Deployment *` any Deployment.
 */
export function matchesObject(pattern: string, object: string): boolean {
  const { kind, namespace, name } = readObjectName(object);
  const space = pattern.indexOf(' ');
  const key = pattern.slice(space + 1);
  const slash = key.indexOf('/');
  return (
    (space < 0 || matches(pattern.slice(0, space), kind)) &&
    (slash < 0 || (kind !== 'Namespace' && matches(key.slice(0, slash), namespace))) &&
    matches(key.slice(slash + 1), name)
  );
}

export function matchesNamespace(pattern: string, object: string): boolean {
  return matches(pattern, readObjectName(object).namespace);
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
