/** The project's one error class: a stable code, what went wrong, where, and how to mend it. */

/** Where a piece of bad input stands. `line` and `column` count from 1. */
export interface Location {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** e.g. `NetworkPolicy shop/default-deny` */
  readonly object?: string;
  /** Path of the field in its object, e.g. `spec.ingress[0].ports[1].port` */
  readonly field?: string;
}

export interface PosternErrorOptions {
  readonly at?: Location;
  /** One sentence that says how to mend it. */
  readonly mend?: string;
  readonly cause?: unknown;
}

/** An error that a person reads. `code` is stable and may be relied on by scripts, e.g. `E_OBJECT_FIELD`. */
export class PosternError extends Error {
  readonly code: string;
  readonly at: Location;
  readonly mend: string | undefined;

  constructor(code: string, message: string, options: PosternErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'PosternError';
    this.code = code;
    this.at = options.at ?? {};
    this.mend = options.mend;
  }
}

/** `shop.yaml:12: NetworkPolicy shop/a: spec.podSelector: message. Mend: … [CODE]` */
export function formatError(error: PosternError): string {
  const { file, line, object, field } = error.at;
  const place = file === undefined ? undefined : line === undefined ? file : `${file}:${line}`;
  const parts = [place, object, field, error.message].filter((part) => part !== undefined);
  const mend = error.mend === undefined ? '' : ` (${error.mend})`;
  return `${parts.join(': ')}${mend} [${error.code}]`;
}
