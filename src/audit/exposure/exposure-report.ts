/** What is reachable from outside of the cluster, and by pods that do not exist yet, as data. */

export interface Way {
  /** `LoadBalancer shop/web:443`, `NodePort shop/web:30443`, `Ingress shop/web (www.example.com)`, `host port 8080`, `pod address` */
  readonly via: string;
  /** Outside networks, or controllers of a route, that get in: `anywhere else`, `203.0.113.0/24`, `Deployment ingress-nginx/controller`. */
  readonly from: readonly string[];
  /** The pod's ports that they reach. */
  readonly ports: string;
  /** Where its Service or route stands; empty where there is no file. */
  readonly place: string;
}

export interface WorkloadExposure {
  /** `shop/Deployment/web` */
  readonly workload: string;
  /** Ways that policies let through; the first are those that are meant for clients outside. */
  readonly ways: readonly Way[];
  /** Ways that there are, and that policies close for everybody. */
  readonly closed: readonly { readonly via: string; readonly port: string; readonly place: string }[];
  /** Pods that may come and would get in, each with the ports. Who gets the same as another one with fewer labels is left out. */
  readonly toCome: readonly { readonly pod: string; readonly ports: string }[];
  /** How many more kinds of them there are. */
  readonly moreToCome: number;
}

export interface ExposureReport {
  readonly input: string;
  readonly workloads: readonly WorkloadExposure[];
  readonly incomplete: readonly string[];
}
