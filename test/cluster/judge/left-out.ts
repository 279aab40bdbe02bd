/** What of the cases cannot happen on a cluster. */

/** What the API server refuses. Steps by case, counted from 1; 0: the objects that the whole case needs. A list that says too much or too little fails the tests. */
export const REFUSED_STEPS: Readonly<Record<string, readonly number[]>> = {
  '`from: [{}]`, a peer of unknown or mixed kind, matches nothing': [1, 2, 3, 4, 5],
  'named port: of that name and protocol': [0],
  'ipBlock with host bits set is masked': [1, 2, 3],
  '`except` equal to the cidr: the block matches nothing; outside: no effect': [1, 2, 3, 4],
  'an unknown type, protocol or operator fails closed': [1, 2, 3, 4, 5, 6],
  'In or NotIn without values, Exists with values; `endPort` without `port`; port 0 or over 65535': [1, 2, 3, 4, 5, 6],
  '`endPort < port` or a named port with endPort is invalid': [1, 2, 3],
  '`port: "80"`: a (bad) port name, not the number 80': [1],
  'ipBlock with leading zeros or mapped IPv6 forms: invalid': [1, 2, 3, 4, 5, 6],
  'invalid policy: isolates its selection in its policyTypes (both, if they cannot be read) and allows nothing': [1, 2, 3, 4, 5, 6, 8],
  'invalid policy: if the selection cannot be read, nothing is selected': [1, 2, 3],
};

/** Their tables name nodes by addresses; over an overlay a node hides clients behind its overlay address. */
export const NOT_OVER_AN_OVERLAY: readonly string[] = [
  'Services: LoadBalancer and external addresses, judged by the backend',
  'client masqueraded by the node (NodePort): judged by its true address where the kernel can tell, else by the address seen',
];
