/** The forms of a report of findings. */

/** The first is the default. */
export const CHECK_FORMATS = ['human', 'json', 'sarif', 'junit', 'github', 'markdown'] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];
