/** The forms of a matrix. */

/** The first is the default. */
export const MATRIX_FORMATS = ['table', 'list', 'csv', 'json', 'markdown', 'dot', 'mermaid', 'html'] as const;
export type MatrixFormat = (typeof MATRIX_FORMATS)[number];
