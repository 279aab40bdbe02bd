/** A folder of its own for each test, gone afterwards. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface TemporaryFolder {
  readonly path: string;
  at(name: string): string;
  /** As a careful writer does: to another name, then by rename. */
  write(name: string, text: string): void;
  /** As a careless one does: into the file that is there. */
  overwrite(name: string, text: string): void;
  remove(name: string): void;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'postern-manifests-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const at = (name: string): string => join(path, name);
  const overwrite = (name: string, text: string): void => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };
  return {
    path,
    at,
    overwrite,
    write: (name, text) => {
      overwrite(`${name}.new`, text);
      renameSync(at(`${name}.new`), at(name));
    },
    remove: (name) => rmSync(at(name), { recursive: true }),
  };
}

export const podManifest = (name: string, labels = '{}'): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: ${labels}}\n`;

export const policyManifest = (name: string, spec = 'podSelector: {}'): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: ${name}\nspec:\n  ${spec}\n`;
