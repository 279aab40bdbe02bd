/** Pods that do not run yet, with the labels that their controllers will give them. */

import { describe, expect, it } from 'vitest';
import { readAuditInput } from '../../../src/audit/input/read-audit-input.ts';
import { writeSnapshot } from '../../../src/audit/input/write-snapshot.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { describeClass } from '../../../src/audit/model/class-name.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { temporaryFolder } from '../../manifests/temporary-folder.ts';
import { readText } from '../support/read-text.ts';
import { workloadManifest } from '../input/input-support.ts';

const policy = (name: string, podSelector: object, from?: object): string =>
  JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'shop', name },
    spec: { podSelector, ingress: from === undefined ? [] : [{ from: [{ podSelector: from }] }] },
  });
const named = (name: string) => ({ matchLabels: { 'statefulset.kubernetes.io/pod-name': name } });
const numbered = (index: string) => ({ matchExpressions: [{ key: 'apps.kubernetes.io/pod-index', operator: 'In', values: [index] }] });
const statefulSet = (spec: Readonly<Record<string, unknown>> = {}): string => workloadManifest('StatefulSet', 'shop/db', spec);

/** The classes, each with the policies that isolate it. */
async function classesOf(...documents: readonly string[]): Promise<string[]> {
  const model = new AuditModel(await readText(...documents));
  return model.classes.map((one) =>
    [describeClass(one), ...model.isolating(one, 'ingress').map(({ key }) => key.slice('shop/'.length))].join(' '),
  );
}

async function alarms(...documents: readonly string[]): Promise<string[]> {
  const { findings } = runChecks(await readText(...documents));
  return findings.map(({ check }) => check).filter((check) => check === 'PN003' || check === 'PN004');
}

describe('a StatefulSet', () => {
  it('stands for one pod where no policy tells its pods apart', async () => {
    expect(await classesOf(statefulSet({ replicas: 3 }), policy('all', {}))).toEqual(['like db all']);
  });

  it('stands for each pod that a policy selects by its name or number, and for the rest', async () => {
    expect(await classesOf(statefulSet({ replicas: 3 }), policy('first', named('db-0')), policy('second', numbered('1')))).toEqual([
      'like db-0 first',
      'like db-1 second',
      'like db-2',
    ]);
  });

  it('has no rest where policies select all of its pods, and no more pods than its replicas', async () => {
    expect(await classesOf(statefulSet(), policy('first', named('db-0')), policy('third', named('db-2')))).toEqual(['like db-0 first']);
  });

  it('numbers its pods from where it says', async () => {
    expect(await classesOf(statefulSet({ replicas: 2, ordinals: { start: 5 } }), policy('p', named('db-6')))).toEqual([
      'like db-6 p',
      'like db-5',
    ]);
  });

  it('may have any pod while it is scaled to nothing', async () => {
    expect(await classesOf(statefulSet({ replicas: 0 }), policy('p', named('db-7')))).toEqual(['like db-7 p', 'like db-0']);
  });

  it('has only as many classes as policies name, however many replicas it asks for', async () => {
    expect(await classesOf(statefulSet({ replicas: 1e9 }), policy('p', named('db-99999999')))).toHaveLength(2);
  });

  it('has the same pods in a snapshot', async () => {
    const input = await readText(statefulSet({ replicas: 2, ordinals: { start: 5 } }), policy('p', named('db-6')));
    const folder = temporaryFolder();
    folder.write('snapshot.json', writeSnapshot(input));
    const again = new AuditModel(await readAuditInput([folder.at('snapshot.json')]));
    expect(again.classes.map(describeClass)).toEqual(['like db-6', 'like db-5']);
  });
});

describe('a selector is not called dead', () => {
  it('that names a pod of a StatefulSet which is not running yet', async () => {
    expect(await alarms(statefulSet(), policy('p', named('db-0'), numbered('0')))).toEqual([]);
    expect(await alarms(statefulSet(), policy('p', named('db-1')))).toEqual(['PN003']);
    expect(await alarms(statefulSet(), policy('p', named('bd-0')))).toEqual(['PN003']);
  });

  it.each(['job-name', 'batch.kubernetes.io/job-name'])('that names a Job by %s', async (key) => {
    const job = workloadManifest('Job', 'shop/migrate');
    expect(await alarms(job, policy('p', {}, { matchLabels: { [key]: 'migrate' } }))).toEqual([]);
    expect(await alarms(job, policy('p', {}, { matchLabels: { [key]: 'migrat' } }))).toEqual(['PN004']);
  });

  it('that asks for a hash which the controller will make', async () => {
    const deployment = workloadManifest('Deployment', 'shop/web');
    const selecting = (app: string): object => ({ matchLabels: { app, 'pod-template-hash': '5d8f7c9b4' } });
    expect(await alarms(deployment, policy('p', selecting('web'), selecting('web')))).toEqual([]);
    expect(await alarms(deployment, policy('p', selecting('wbe')))).toEqual(['PN003']);
  });
});

describe('a pod of a template', () => {
  it('is named as it will be called', async () => {
    const { findings } = runChecks(await readText(statefulSet({ replicas: 3 }), policy('p', named('db-0'))));
    expect(findings.find(({ check }) => check === 'PN001')?.message).toContain('StatefulSet shop/db (pods such as db-1) takes');
  });
});
