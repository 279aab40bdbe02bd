/** Small manifests that the tests of the audit's commands read. */

export const barePod = (key: string): string => {
  const [namespace, name] = key.split('/');
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }\nspec: { containers: [{ name: a, image: a }] }\n---\n`;
};

/** A shop's web and database, and a bank's pod. */
export const SHOP_PODS = ['shop/web', 'shop/db', 'bank/api'].map(barePod).join('');

/** The same, and a policy: the database takes what its web sends, and what comes from a network outside. */
export const SHOP = `${SHOP_PODS}apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }, { ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 5432 }] }]
`;

const WORKLOAD = `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 80 }] }] }
`;

const policy = (name: string, spec: string): string =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}\n`;

/** Nothing is wrong with it but that its pods may send anywhere, which is a note. */
export const NOTED = WORKLOAD + policy('deny', '{ podSelector: {}, policyTypes: [Ingress] }');

/** A warning: it selects nobody. */
export const WARNED = NOTED + policy('lost', '{ podSelector: { matchLabels: { app: wbe } }, policyTypes: [Ingress] }');

/** It lacks the object of its namespace, whose labels a policy asks for. */
export const INCOMPLETE =
  NOTED.replace(/^[^]*?---\n/, '') +
  policy('team', '{ podSelector: {}, policyTypes: [Ingress], ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: a } } }] }] }');

/** As files of a folder. */
export const WORKLOAD_FILES = { 'noted.yaml': NOTED, 'warned.yaml': WARNED, 'incomplete.yaml': INCOMPLETE } as const;
