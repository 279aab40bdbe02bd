/** Policies as the catalogue shows them. */

export function policyYaml(spec: string): string {
  return `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: web, namespace: shop }\nspec:\n${spec
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}`;
}
