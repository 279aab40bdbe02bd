/** Flows of an allowed and of a denied client while something happens, and what became of them. */

import { expect } from 'vitest';
import type { StreamRequest } from './traffic-protocol.ts';
import { TCP_PORT, UDP_PORT, type WorldPod } from './world.ts';

interface Flow {
  readonly from: WorldPod;
  readonly to: WorldPod;
  readonly stream: StreamRequest['stream'];
  readonly host: string;
}

const DENIED_MS = 200;
const SETTLE_MS = 5000;

/** Starts flows of every kind: over both families, new ones every 20 ms, one that is held open, and datagrams. */
export class Streams {
  readonly #flows: (Flow & { readonly name: string; readonly allowed: boolean })[] = [];
  readonly #pods = new Set<WorldPod>();
  readonly #countsLosses: boolean;
  #losses = 0;

  /** `countsLosses` false: the same pods have other connections, which are cut. */
  constructor({ countsLosses = true } = {}) {
    this.#countsLosses = countsLosses;
  }

  async allow(from: WorldPod, to: WorldPod): Promise<void> {
    this.#pods.add(from).add(to);
    await this.#start(true, [
      { from, to, stream: 'connections', host: to.v4 },
      { from, to, stream: 'held', host: to.v6 },
      { from, to, stream: 'datagrams', host: to.v4 },
      { from, to, stream: 'datagrams', host: to.v6 },
    ]);
  }

  async deny(from: WorldPod, to: WorldPod): Promise<void> {
    await this.#start(false, [
      { from, to, stream: 'connections', host: to.v4 },
      { from, to, stream: 'datagrams', host: to.v6 },
    ]);
  }

  /** Only from here on is a lost packet counted; what was started before has had the time to open. */
  async begin(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 100));
    this.#losses = await this.#countLosses();
  }

  /** No packet of an allowed flow was lost, and none of a denied one came through. */
  async expectUntouched(): Promise<void> {
    const reports = await Promise.all(
      this.#flows.map(async ({ name, from, to, stream, host, allowed }) => {
        const report = await from.traffic.stop(name);
        return { flow: `${from.name} → ${to.name} ${stream} ${host}`, allowed, ...report };
      }),
    );
    const allowed = reports.filter((report) => report.allowed);
    expect(allowed.filter(({ sent, answered, closed }) => sent < 20 || answered !== sent || closed)).toEqual([]);
    expect(reports.filter((report) => !report.allowed && (report.sent < 20 || report.answered > 0))).toEqual([]);
    if (this.#countsLosses) expect(await this.#countLosses()).toBe(this.#losses);
    for (const { from, to, allowed } of this.#flows) {
      const heard = await to.traffic.ask({ op: 'heard' });
      if (!allowed) expect([heard[from.v4], heard[from.v6]], `${from.name} at ${to.name}`).toEqual([undefined, undefined]);
    }
  }

  async #start(allowed: boolean, flows: readonly Flow[]): Promise<void> {
    for (const flow of flows) {
      const name = `${flow.stream} to ${flow.host}`;
      const port = flow.stream === 'datagrams' ? UDP_PORT : TCP_PORT;
      await flow.from.traffic.start(name, flow.stream, flow.host, port, allowed ? SETTLE_MS : DENIED_MS);
      this.#flows.push({ ...flow, name, allowed });
    }
  }

  async #countLosses(): Promise<number> {
    const counts = await Promise.all([...this.#pods].map((pod) => pod.traffic.ask({ op: 'losses' })));
    return counts.reduce((sum, each) => sum + each, 0);
  }
}
