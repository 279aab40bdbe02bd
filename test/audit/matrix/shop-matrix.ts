/** The matrix of a small shop, small enough to be known by heart. */

import type { MatrixReport } from '../../../src/audit/matrix/matrix-report.ts';
import { makeReport, tcp } from './matrix-builder.ts';

/** Six workloads of three namespaces, and the world outside. `shop` is isolated, `monitoring` for egress alone, `legacy` not at all. */
export function makeShop(): MatrixReport {
  const [web, api, db] = ['shop/Deployment/web', 'shop/Deployment/api', 'shop/StatefulSet/db'];
  const prometheus = 'monitoring/StatefulSet/prometheus';
  return makeReport(
    [
      { namespace: 'shop', workload: 'Deployment', name: 'web', pods: 3 },
      { namespace: 'shop', workload: 'Deployment', name: 'api', pods: 2 },
      { namespace: 'shop', workload: 'StatefulSet', name: 'db' },
      { namespace: 'monitoring', workload: 'StatefulSet', name: 'prometheus' },
      { namespace: 'monitoring', workload: 'DaemonSet', name: 'node-exporter', pods: 4 },
      { namespace: 'legacy', workload: 'Pod', name: 'batch' },
      { name: 'internet', kind: 'outside' },
    ],
    [
      { name: 'shop/default-deny', selects: [web, api, db], ingress: [], egress: [], place: 'shop/policies.yaml:1' },
      {
        name: 'shop/web',
        selects: [web],
        ingress: [{ peers: 'any', ports: tcp(80, 443), text: 'from any peer on 80/TCP, 443/TCP' }],
        egress: [{ peers: [api], ports: tcp(8080), text: 'to pods {app=api} in shop on http/TCP' }],
        place: 'shop/policies.yaml:14',
      },
      {
        name: 'shop/api',
        selects: [api],
        ingress: [{ peers: [web], ports: tcp(8080), text: 'from pods {app=web} in shop on http/TCP' }],
        egress: [
          { peers: [db], ports: tcp(5432), text: 'to pods {app=db} in shop on 5432/TCP' },
          { peers: ['internet'], ports: tcp(443), text: 'to 0.0.0.0/0 on 443/TCP' },
        ],
        place: 'shop/policies.yaml:38',
      },
      {
        name: 'shop/db',
        selects: [db],
        ingress: [{ peers: [api], ports: tcp(5432), text: 'from pods {app=api} in shop on 5432/TCP' }],
        place: 'shop/policies.yaml:70',
      },
      {
        name: 'shop/scrape',
        selects: [web, api, db],
        ingress: [{ peers: [prometheus], ports: tcp(9090), text: 'from all pods in monitoring on 9090/TCP' }],
        place: 'shop/policies.yaml:90',
      },
      {
        name: 'monitoring/egress',
        selects: [prometheus, 'monitoring/DaemonSet/node-exporter'],
        egress: [
          {
            peers: [web, api, db, 'legacy/Pod/batch', prometheus, 'monitoring/DaemonSet/node-exporter'],
            ports: tcp(9090, 9100),
            text: 'to all pods in all namespaces on 9090/TCP, 9100/TCP',
          },
        ],
        place: 'monitoring.yaml:5',
      },
    ],
  );
}
