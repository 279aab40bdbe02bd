/** The forms of a report of assertions. */

/** The first is the default. */
export const TEST_FORMATS = ['human', 'json', 'junit', 'github'] as const;
export type TestFormat = (typeof TEST_FORMATS)[number];
