/** Metrics that are read from the agent's parts when somebody scrapes: nothing is kept up to date for nobody. */

import type * as prometheus from './prometheus.ts';

/** The library; loaded only by agents that are asked for metrics. */
export type Prometheus = typeof prometheus;

export interface Described {
  readonly name: string;
  /** One sentence, with the unit where it has one. */
  readonly help: string;
}

export type Labelled<Label extends string> = readonly [labels: Readonly<Record<Label, string>>, value: number];

export class MetricMaker {
  readonly #prometheus: Prometheus;
  readonly #registry: prometheus.Registry;

  constructor(prometheus: Prometheus, registry: prometheus.Registry) {
    this.#prometheus = prometheus;
    this.#registry = registry;
  }

  /** One number; `undefined`: nobody knows it now, and nothing is told. */
  gauge({ name, help }: Described, read: () => number | undefined): void {
    this.gauges({ name, help, labels: [] }, () => {
      const value = read();
      return value === undefined ? [] : [[{}, value]];
    });
  }

  gauges<Label extends string>(
    { name, help, labels }: Described & { readonly labels: readonly Label[] },
    read: () => Iterable<Labelled<Label>>,
  ): void {
    const gauge = new this.#prometheus.Gauge({
      name,
      help,
      labelNames: labels,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        // The library makes it 0 where it has no labels.
        if (labels.length === 0) gauge.remove();
        for (const [values, value] of read()) gauge.set(values, value);
      },
    });
  }

  counter({ name, help }: Described, read: () => number): void {
    this.counters({ name, help, labels: [] }, () => [[{}, read()]]);
  }

  /** `read` gives sums since the start, which never fall. */
  counters<Label extends string>(
    { name, help, labels }: Described & { readonly labels: readonly Label[] },
    read: () => Iterable<Labelled<Label>>,
  ): void {
    const counter = new this.#prometheus.Counter({
      name,
      help,
      labelNames: labels,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [values, value] of read()) counter.inc(values, value);
      },
    });
  }

  /** `observe` seconds. */
  histogram<Label extends string>({
    name,
    help,
    labels,
    buckets,
  }: Described & { readonly labels: readonly Label[]; readonly buckets: readonly number[] }): (
    values: Readonly<Record<Label, string>>,
    seconds: number,
  ) => void {
    const histogram = new this.#prometheus.Histogram({
      name,
      help,
      labelNames: labels,
      buckets: [...buckets],
      registers: [this.#registry],
    });
    return (values, seconds) => histogram.observe(values, seconds);
  }
}
