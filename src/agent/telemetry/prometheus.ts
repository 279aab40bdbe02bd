/** What is used of prom-client, by name: a bundle does not know the names of a CommonJS package that is imported when it is needed. */

export { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
