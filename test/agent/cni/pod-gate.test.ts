/** ADD of the CNI plugin waits for what policies say of its pod, and what it is told where that does not come. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnnouncedSandboxes } from '../../../src/agent/cni/announced-sandboxes.ts';
import type { PluginAnswer } from '../../../src/agent/cni/plugin-answer.ts';
import { PodGate } from '../../../src/agent/cni/pod-gate.ts';
import { Interfaces } from '../../../src/agent/interfaces.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { MIRROR_ANNOTATION, type Pod } from '../../../src/model/objects.ts';
import type { Sandbox } from '../../../src/model/sandbox.ts';
import type { PodOptions } from '../../support/builders/manifests.ts';
import { namespace, pod, policy } from '../../support/builders/objects.ts';
import { AgentStage } from '../support/agent-stage.ts';

const [WEB, FRIEND, OTHER] = ['10.1.0.2', '10.1.0.3', '10.1.0.4'];
const POLICY = policy('shop/web', {
  podSelector: { matchLabels: { app: 'web' } },
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
});
const PATIENCE = 400;

function local(name: string, options: PodOptions = {}): Pod {
  return pod(`shop/${name}`, { node: 'node-1', addresses: [], labels: { app: name }, uid: `uid-${name}`, ...options });
}

interface Wish {
  readonly command?: string;
  readonly id?: string;
  readonly uid?: string;
  readonly args?: string;
  readonly version?: string;
  readonly prevResult?: object | null;
}

function bodyOf(name: string, address: string, wish: Wish): Buffer {
  const { command = 'ADD', id = `c-${name}`, uid = `uid-${name}`, version = '1.0.0' } = wish;
  const args =
    wish.args ?? `IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=${name};K8S_POD_INFRA_CONTAINER_ID=${id};K8S_POD_UID=${uid}`;
  const ips = [{ address: `${address}/24`, interface: 2 }];
  const prevResult = wish.prevResult === undefined ? { cniVersion: version, ips, dns: {} } : wish.prevResult;
  const config = { cniVersion: version, name: 'n', type: 'postern-cni', socket: '/x', ...(prevResult === null ? {} : { prevResult }) };
  return Buffer.from([command, id, '/run/netns/x', 'eth0', args, JSON.stringify(config)].join('\0'));
}

describe('the gate for new pods', () => {
  let stage: AgentStage;
  let announced: AnnouncedSandboxes;
  let gate: PodGate;
  let apiAway: boolean;

  beforeEach(() => {
    stage = new AgentStage({ [WEB]: 12, [FRIEND]: 13, [OTHER]: 14 });
    apiAway = false;
    const { compiler, reconciler, interfaces } = stage;
    announced = new AnnouncedSandboxes(reconciler, (sandbox) => compiler.cluster.podOf(sandbox) !== undefined);
    const log = pino({ level: 'silent' });
    gate = new PodGate({ compiler, reconciler, interfaces, announced, isApiAway: () => apiAway, log, patience: PATIENCE });
  });
  afterEach(async () => {
    announced.close();
    await stage[Symbol.asyncDispose]();
  });

  const ask = (name: string, address: string, wish: Wish = {}): Promise<PluginAnswer> => gate.answer(bodyOf(name, address, wish));
  const judge = (ifindex: number, peer: string): string => stage.datapath.judge(ifindex, 'ingress', parseAddress(peer), 6, 80);

  function errorIn({ ok, text }: PluginAnswer): { code: number; msg: string; details: string } {
    expect(ok).toBe(false);
    return JSON.parse(text) as { code: number; msg: string; details: string };
  }

  it('opens when the pod is enforced, and not before', async () => {
    stage.tell(namespace('shop'), POLICY, local('web'), local('friend', { addresses: [FRIEND] }));
    stage.sync();
    expect(stage.datapath.attached().has(12)).toBe(false);
    const answer = await ask('web', WEB);
    expect(JSON.parse(answer.text)).toEqual({ cniVersion: '1.0.0', ips: [{ address: `${WEB}/24`, interface: 2 }], dns: {} });
    expect([judge(12, FRIEND), judge(12, OTHER)]).toEqual(['allow', 'deny']);
    expect(gate.status).toMatchObject({ passed: 1, refused: 0 });
  });

  it('waits for the pod to be told', async () => {
    stage.tell(namespace('shop'), POLICY);
    stage.sync();
    let open = false;
    const asked = ask('web', WEB).then((answer) => ((open = true), answer));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open).toBe(false);
    stage.tell(local('web'));
    expect((await asked).ok).toBe(true);
    expect(judge(12, OTHER)).toBe('deny');
  });

  it('waits for the agent to have read the cluster', async () => {
    stage.tell(namespace('shop'), POLICY, local('web'));
    const asked = ask('web', WEB);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stage.sync();
    expect((await asked).ok).toBe(true);
    expect(judge(12, OTHER)).toBe('deny');
  });

  it('does not open for a pod of which nothing is told, and says whether the API server is away', async () => {
    stage.tell(namespace('shop'), POLICY);
    stage.sync();
    expect(errorIn(await ask('web', WEB))).toMatchObject({ code: 11, msg: expect.stringContaining('[E_CNI_POD_UNKNOWN]') as string });
    apiAway = true;
    expect(errorIn(await ask('web', WEB)).msg).toContain('which is away');
    expect(gate.status.refused).toBe(2);
  });

  it('does not take an earlier pod of that name for it', async () => {
    stage.tell(namespace('shop'), POLICY, local('web', { uid: 'earlier', addresses: [WEB] }));
    stage.sync();
    expect(errorIn(await ask('web', OTHER)).msg).toContain('E_CNI_POD_UNKNOWN');
    stage.tell(local('web'));
    expect((await ask('web', OTHER)).ok).toBe(true);
    expect(judge(14, FRIEND)).toBe('deny');
  });

  it('opens for a static pod by the uid of its file', async () => {
    stage.tell(namespace('shop'), POLICY, local('web', { annotations: { [MIRROR_ANNOTATION]: 'of a file' } }));
    stage.sync();
    expect((await ask('web', WEB, { uid: 'of a file' })).ok).toBe(true);
  });

  it('does not take the interface of an earlier sandbox for that of the new one', async () => {
    stage.tell(namespace('shop'), POLICY, local('web', { addresses: [OTHER] }));
    stage.sync();
    expect(stage.interfaces.bound.get('shop/web')?.binding.ifindex).toBe(14);
    expect((await ask('web', WEB)).ok).toBe(true);
    expect(stage.interfaces.bound.get('shop/web')?.binding.ifindex).not.toBe(14);
  });

  it('opens without the pod, after a second at most, where no policy is and where the glass is broken', async () => {
    stage.tell(namespace('shop'));
    stage.sync();
    expect((await ask('web', WEB)).ok).toBe(true);
    stage.tell(POLICY);
    stage.compiler.enforcement.override('off');
    expect((await ask('friend', FRIEND)).ok).toBe(true);
    stage.compiler.enforcement.override('on');
    expect((await ask('friend', FRIEND, { id: 'again' })).ok).toBe(false);
  });

  it('does not open while the kernel refuses what it is told', async () => {
    stage.tell(namespace('shop'), POLICY, local('web'));
    stage.sync();
    stage.datapath.refuses = true;
    expect(errorIn(await ask('web', WEB))).toMatchObject({ code: 999, msg: expect.stringContaining('E_DATAPATH') as string });
  });

  it('does not open for a pod that policies select and that has no host side, and does for one that none selects', async () => {
    const unenforced = new Map([
      ['shop/web', 'it is of macvlan'],
      ['shop/friend', 'it is of macvlan'],
    ]);
    const interfaces = new Interfaces(
      () => [],
      () => true,
    );
    Object.defineProperty(interfaces, 'unenforced', { value: unenforced });
    const { compiler, reconciler } = stage;
    const log = pino({ level: 'silent' });
    gate = new PodGate({ compiler, reconciler, interfaces, announced, isApiAway: () => false, log, patience: PATIENCE });
    stage.tell(namespace('shop'), POLICY, local('web'), local('friend'));
    stage.sync();
    expect(errorIn(await ask('web', WEB))).toMatchObject({ code: 999, msg: expect.stringContaining('it is of macvlan') as string });
    expect((await ask('friend', FRIEND)).ok).toBe(true);
  });

  it('is no matter for containers that are no pods', async () => {
    stage.tell(POLICY);
    stage.sync();
    expect((await ask('web', WEB, { args: 'IgnoreUnknown=1' })).ok).toBe(true);
    expect(stage.datapath.attached().size).toBe(0);
  });

  it('answers CHECK by what is in force now, DEL always, and STATUS once it enforces', async () => {
    expect(errorIn(await ask('web', WEB, { command: 'STATUS' })).code).toBe(50);
    expect((await ask('web', WEB, { command: 'CHECK' })).ok).toBe(true);
    stage.tell(namespace('shop'), POLICY, local('web'));
    stage.sync();
    expect((await ask('web', WEB, { command: 'STATUS' })).ok).toBe(true);
    expect((await ask('web', WEB, { command: 'CHECK' })).ok).toBe(false);
    await ask('web', WEB);
    expect(await ask('web', WEB, { command: 'CHECK' })).toEqual({ ok: true, text: '' });
    for (const id of ['c-web', 'c-web', 'never seen']) expect((await ask('web', WEB, { command: 'DEL', id })).ok).toBe(true);
  });

  it.each([
    ['0.3.1', [{ version: '4', address: `${WEB}/24` }]],
    ['0.4.0', [{ version: '4', address: `${WEB}/24` }]],
    ['1.0.0', [{ address: `${WEB}/24` }]],
    ['1.1.0', [{ address: `${WEB}/24` }]],
  ])('prints the result in the form of version %s', async (version, ips) => {
    stage.sync();
    for (const given of [{ address: `${WEB}/24` }, { version: '4', address: `${WEB}/24` }]) {
      const { text } = await ask('web', WEB, { version, prevResult: { cniVersion: '1.0.0', ips: [given], routes: [] } });
      expect(JSON.parse(text)).toEqual({ cniVersion: version, ips, routes: [] });
    }
  });

  it('refuses calls that are none', async () => {
    stage.sync();
    expect(errorIn(await ask('web', WEB, { prevResult: null }))).toMatchObject({ code: 7 });
    expect(errorIn(await ask('web', 'nowhere')).code).toBe(7);
    expect(errorIn(await ask('web', WEB, { args: 'K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web' })).msg).toContain('K8S_POD_UID');
    for (const body of ['', 'ADD\0', 'ADD\0a\0b\0c\0d\0', 'ADD\0a\0b\0c\0d\0[]', 'RUN\0a\0b\0c\0d\0{}'])
      expect(errorIn(await gate.answer(Buffer.from(body))).code).toBe(7);
  });
});

describe('sandboxes that the plugin announces', () => {
  const heard: (readonly string[] | undefined)[] = [];
  let announced: AnnouncedSandboxes;
  const sandbox = (name: string, address: string, createdAt = 1): Sandbox => ({
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    createdAt,
    addresses: address === '' ? [] : [parseAddress(address)],
  });

  beforeEach(() => {
    heard.length = 0;
    const listener = { sandboxesChanged: (all: readonly Sandbox[] | undefined) => void heard.push(all?.map(({ name }) => name)) };
    announced = new AnnouncedSandboxes(listener, () => true);
  });
  afterEach(() => announced.close());

  it('stand beside what the runtime lists, until it lists them itself', () => {
    announced.sandboxesChanged([sandbox('old', FRIEND)]);
    announced.announce('c', sandbox('web', WEB));
    announced.sandboxesChanged([sandbox('old', FRIEND), sandbox('web', '')]);
    announced.sandboxesChanged([sandbox('old', FRIEND), sandbox('web', WEB)]);
    announced.sandboxesChanged([sandbox('old', FRIEND)]);
    expect(heard).toEqual([['old'], ['old', 'web'], ['old', 'web', 'web'], ['old', 'web'], ['old']]);
  });

  it('are all that is known where no runtime is, and the others of one that falls silent are not taken for ended', () => {
    announced.announce('c', sandbox('web', WEB));
    announced.sandboxesChanged(undefined);
    expect(heard).toEqual([['web'], undefined, ['web']]);
  });

  it('keep what they have until their interface is gone', async () => {
    let there = true;
    announced.announce('c', sandbox('web', WEB));
    announced.withdraw('c', () => there);
    expect(heard).toEqual([['web']]);
    there = false;
    await expect.poll(() => heard).toEqual([['web'], []]);
  });
});
