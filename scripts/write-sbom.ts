/**
 * Writes what npm packages the image holds, as CycloneDX: those that the package asks for, and ffi-napi, which the image brings and an audit does not need.
 * Usage: write-sbom.ts FILE
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

interface Sbom {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly { readonly 'bom-ref': string; readonly name: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const BROUGHT = '@2060.io/ffi-napi@';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: write-sbom.ts FILE');

const all = readSbom();
const own = new Set(readSbom('--omit=dev').components.map((component) => component['bom-ref']));
const dependsOn = new Map(all.dependencies.map((dependency) => [dependency.ref, dependency.dependsOn]));
const held = new Set([all.metadata.component['bom-ref'], ...own]);
const visit = (ref: string): void => {
  if (held.has(ref)) return;
  held.add(ref);
  for (const next of dependsOn.get(ref) ?? []) visit(next);
};
for (const component of all.components) if (component['bom-ref'].startsWith(BROUGHT)) visit(component['bom-ref']);

const sbom: Sbom = {
  ...all,
  components: all.components.filter((component) => held.has(component['bom-ref'])),
  dependencies: all.dependencies
    .filter(({ ref }) => held.has(ref))
    .map(({ ref, dependsOn: refs }) => ({ ref, dependsOn: refs.filter((one) => held.has(one)) })),
};
writeFileSync(file, JSON.stringify(sbom, undefined, 2));

function readSbom(...flags: readonly string[]): Sbom {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--loglevel=silent', ...flags];
  return JSON.parse(execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 1 << 26 })) as Sbom;
}
