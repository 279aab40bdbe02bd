/** A process that serves and probes in a network namespace, as a lab's pods have one each. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PodConnection } from '../../../src/lab/pods/pod-connection.ts';
import type { AddressProbe, PodProcessOptions } from '../../../src/lab/pods/pod-protocol.ts';
import type { LabPort, ProbeResult } from '../../../src/lab/types.ts';
import { enterAndDieWithUs } from '../../e2e/support/enter.ts';

export interface ActorPlace {
  /** `namespace/name`: what it answers with. */
  readonly key: string;
  /** Path of its network namespace. */
  readonly netns: string;
  /** IPv4, IPv6 */
  readonly addresses: readonly [string, string];
}

const SCRIPT = fileURLToPath(new URL('../../../src/lab/pods/pod-process.ts', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

export class Actor {
  readonly place: ActorPlace;
  readonly #child: ChildProcess;
  readonly #connection: PodConnection;

  private constructor(place: ActorPlace, child: ChildProcess, connection: PodConnection) {
    this.place = place;
    this.#child = child;
    this.#connection = connection;
  }

  /** Returns when it serves all `ports`. Its socket lies in `folder`. */
  static async start(folder: string, place: ActorPlace, ports: readonly LabPort[]): Promise<Actor> {
    mkdirSync(folder, { recursive: true });
    const socket = join(folder, `${place.key.replace('/', '.')}.sock`);
    rmSync(socket, { force: true });
    const options: PodProcessOptions = { name: place.key, socket, ports: [], hosts: [] };
    const [command = '', ...args] = enterAndDieWithUs(place.netns, [process.execPath, SCRIPT, JSON.stringify(options)]);
    const environment = { ...process.env };
    // Options meant for the test runner would do harm in the child.
    delete environment['NODE_OPTIONS'];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!existsSync(socket)) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the process of ${place.key} does not start`);
      await sleep(POLL_MS);
    }
    const actor = new Actor(place, child, new PodConnection({ key: place.key, socket }));
    const { failed } = await actor.#connection.ask('serve', { ports });
    if (failed.length > 0) throw new Error(`${place.key} cannot serve ${failed.join(', ')}`);
    return actor;
  }

  probe(probe: AddressProbe): Promise<ProbeResult> {
    return this.#connection.ask('probe', { probe });
  }

  async stop(): Promise<void> {
    this.#connection.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
