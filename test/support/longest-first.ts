/** The order of test files: those that take minutes first, so that no worker is left with one of them at the end. */

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders and files in the order in which they begin; all others follow, the larger first. */
const LONGEST = ['test/conformance/perturbed', 'test/conformance/', 'test/properties/histories', 'test/e2e/'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((part) => moduleId.includes(`/${part}`));
  return place === -1 ? LONGEST.length : place;
}
