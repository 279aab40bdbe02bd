/** Break-glass and excluded namespaces: who is judged no more, and what stays as it was. */

import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../src/model/decode/object.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { CONFIG_OPEN } from '../../src/model/plan.ts';
import type { CompilerOptions } from '../../src/compiler/compiler-options.ts';
import { Endpoints } from '../properties/endpoints.ts';
import { slowToCount } from '../support/builders/hostile.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const [WEB, OTHER, FRIEND, STRANGER] = ['10.1.0.2', '10.1.0.3', '10.1.1.2', '10.1.1.3'];
const ANNOTATION = 'postern.dev/enforcement';
const WINDOW = 120_000_000_000n;

const objects: readonly ClusterObject[] = [
  namespace('shop'),
  namespace('bank'),
  node('node-1', ['10.9.0.1']),
  pod('shop/web', { node: 'node-1', addresses: [WEB], labels: { app: 'web' } }),
  pod('bank/other', { node: 'node-1', addresses: [OTHER], labels: { app: 'other' } }),
  pod('shop/friend', { node: 'node-2', addresses: [FRIEND], labels: { app: 'friend' } }),
  pod('shop/stranger', { node: 'node-2', addresses: [STRANGER], labels: { app: 'stranger' } }),
  policy('shop/web', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  }),
  policy('bank/deny', { podSelector: {}, ingress: [] }),
];

class Stage {
  readonly endpoints: Endpoints;

  constructor(options: CompilerOptions = {}) {
    this.endpoints = new Endpoints({ node: 'node-1', takeOverMs: 120_000, ...options });
    this.tell(...objects);
  }

  tell(...told: readonly ClusterObject[]): void {
    this.endpoints.tell(told.map((object) => ({ type: 'upsert', object })));
  }

  annotate(word?: string, name = 'node-1'): void {
    this.tell(node(name, ['10.9.0.1'], word === undefined ? {} : { [ANNOTATION]: word }));
  }

  interfaceOf(key: string): number {
    return this.endpoints.ifindexOf.get(key) ?? 0;
  }

  judge(key: string, peer: string): string {
    return this.endpoints.datapath.judge(this.interfaceOf(key), 'ingress', parseAddress(peer), 6, 80);
  }

  /** Friend and stranger at the one pod, the stranger at the other. */
  get verdicts(): readonly string[] {
    return [this.judge('shop/web', FRIEND), this.judge('shop/web', STRANGER), this.judge('bank/other', STRANGER)];
  }

  isOpen(key: string): boolean {
    return this.endpoints.datapath.words.get(this.interfaceOf(key))?.config === CONFIG_OPEN;
  }

  takeOverUntil(key: string): bigint | undefined {
    const config = this.endpoints.datapath.configOf(this.interfaceOf(key));
    return typeof config === 'object' ? config.takeOverUntil : undefined;
  }
}

const ENFORCED = ['allow', 'deny', 'deny'];
const OPEN = ['allow', 'allow', 'allow'];

describe('break-glass', () => {
  it('lets every pod of the node pass, the source check too, and enforces again when it is taken back', () => {
    const stage = new Stage();
    expect(stage.verdicts).toEqual(ENFORCED);
    stage.annotate('off');
    expect(stage.verdicts).toEqual(OPEN);
    expect(['shop/web', 'bank/other'].map((key) => stage.isOpen(key))).toEqual([true, true]);
    expect(stage.endpoints.compiler.enforcement.own).toEqual({ on: false, by: 'annotation' });
    stage.annotate();
    expect(stage.verdicts).toEqual(ENFORCED);
    expect(stage.endpoints.compiler.enforcement.own).toEqual({ on: true, by: 'default' });
  });

  it('of another node changes nothing here', () => {
    const stage = new Stage();
    const generation = stage.endpoints.compiler.generation;
    stage.annotate('off', 'node-2');
    expect(stage.verdicts).toEqual(ENFORCED);
    expect(stage.endpoints.compiler.generation).toBe(generation);
  });

  it.for(['Off', 'false', 'disabled', ''])('is not %j: that is reported, and everything is enforced', (word) => {
    const stage = new Stage();
    stage.annotate(word);
    expect(stage.verdicts).toEqual(ENFORCED);
    const { on, problem } = stage.endpoints.compiler.enforcement.own;
    expect(on).toBe(true);
    expect(problem).toMatchObject({ code: 'E_ENFORCEMENT', at: { object: 'Node node-1' } });
    expect(problem?.mend).toContain('off');
  });

  it('gives pods a take-over window when it ends, since nobody recorded what they opened meanwhile, and judges old flows again', () => {
    const stage = new Stage();
    expect(stage.takeOverUntil('shop/web')).toBe(0n);
    const before = stage.endpoints.datapath.words.get(stage.interfaceOf('shop/web'))?.generation ?? 0;
    stage.annotate('off');
    stage.endpoints.wait(3_600_000);
    stage.annotate('on');
    expect(stage.takeOverUntil('shop/web')).toBe(stage.endpoints.now.monotonic + WINDOW);
    expect(stage.endpoints.datapath.words.get(stage.interfaceOf('shop/web'))?.generation).toBeGreaterThan(before);
  });

  it('goes on while the cluster changes, and what holds afterwards is the cluster as it is then', () => {
    const stage = new Stage();
    stage.annotate('off');
    stage.endpoints.sweep();
    stage.tell(
      pod('shop/new', { node: 'node-1', addresses: ['10.1.0.9'], labels: { app: 'web' } }),
      pod('shop/friend', { node: 'node-2', addresses: [FRIEND], labels: { app: 'none' } }),
    );
    expect(stage.isOpen('shop/new')).toBe(true);
    expect(stage.verdicts).toEqual(OPEN);
    stage.annotate();
    expect(stage.verdicts).toEqual(['deny', 'deny', 'deny']);
    expect(stage.judge('shop/new', FRIEND)).toBe('deny');
  });

  it('opens before it removes anything, and isolates only when all is written', () => {
    const stage = new Stage();
    const seen: string[] = [];
    const watch = (word: string): void => {
      const object = node('node-1', ['10.9.0.1'], { [ANNOTATION]: word });
      stage.endpoints.tell([{ type: 'upsert', object }], () => seen.push(stage.judge('shop/web', FRIEND)));
    };
    watch('off');
    stage.endpoints.sweep();
    watch('on');
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).not.toContain('deny');
  });

  it('opens at once what waits for its budget to be counted, too, and gives it its window', () => {
    const stage = new Stage();
    const blocks = (network: number): ClusterObject => decodeObject(slowToCount(network)) as ClusterObject;
    stage.tell(namespace('hostile'), pod('hostile/x', { node: 'node-1', addresses: ['10.1.0.8'] }), blocks(20));
    stage.tell(blocks(21), pod('hostile/late', { node: 'node-1', addresses: ['10.1.0.9'] }));
    expect(stage.endpoints.compiler.waiting).toBe(true);
    expect(stage.endpoints.datapath.configOf(stage.interfaceOf('hostile/late'))).toMatchObject({ held: true });
    stage.annotate('off');
    expect(['hostile/x', 'hostile/late'].map((key) => stage.isOpen(key))).toEqual([true, true]);
    stage.annotate();
    expect(stage.judge('hostile/x', '10.77.0.1')).toBe('deny');
    expect(stage.takeOverUntil('hostile/x')).toBe(stage.endpoints.now.monotonic + WINDOW);
  });

  it('can be said to the agent itself, and outweighs the annotation until that is taken back', () => {
    const stage = new Stage();
    const { enforcement } = stage.endpoints.compiler;
    const say = (word: 'on' | 'off' | 'auto'): void => {
      enforcement.override(word);
      stage.endpoints.tell([]);
    };
    say('off');
    expect([stage.verdicts, enforcement.own]).toEqual([OPEN, { on: false, by: 'local' }]);
    stage.annotate('on');
    expect(stage.verdicts).toEqual(OPEN);
    stage.annotate('off');
    say('on');
    expect([stage.verdicts, enforcement.own]).toEqual([ENFORCED, { on: true, by: 'local' }]);
    say('auto');
    expect([stage.verdicts, enforcement.own]).toEqual([OPEN, { on: false, by: 'annotation' }]);
  });

  it('leaves it known whom policies select', () => {
    const stage = new Stage();
    const { compiler } = stage.endpoints;
    stage.annotate('off');
    expect(['shop/web', 'bank/deny', 'shop/none'].map((key) => compiler.subjects.countSelected(key))).toEqual([1, 1, 0]);
    stage.endpoints.tell([{ type: 'delete', kind: 'Pod', key: 'shop/web' }]);
    expect(compiler.subjects.countSelected('shop/web')).toBe(0);
  });

  it('ends with the Node object', () => {
    const stage = new Stage();
    stage.annotate('off');
    stage.endpoints.tell([{ type: 'delete', kind: 'Node', key: 'node-1' }]);
    expect(stage.verdicts).toEqual(ENFORCED);
  });
});

describe('an excluded namespace', () => {
  it('has policies that isolate nobody, and pods that are peers like any other', () => {
    const stage = new Stage({ excludedNamespaces: ['bank'] });
    expect(stage.verdicts).toEqual(['allow', 'deny', 'allow']);
    const other = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank' } } };
    stage.tell(policy('shop/web', { podSelector: {}, ingress: [{ from: [other] }] }));
    expect(stage.judge('shop/web', OTHER)).toBe('allow');
    const { compiler } = stage.endpoints;
    expect([[...compiler.policies.keys()], [...compiler.excludedPolicies.keys()]]).toEqual([['shop/web'], ['bank/deny']]);
  });

  it('keeps the source check on its pods, which others rely on, while there is a policy elsewhere', () => {
    const stage = new Stage({ excludedNamespaces: ['bank'] });
    const config = stage.endpoints.datapath.configOf(stage.interfaceOf('bank/other'));
    expect(config).toMatchObject({ sourceCheck: true });
    stage.endpoints.tell([{ type: 'delete', kind: 'NetworkPolicy', key: 'shop/web' }]);
    expect(stage.isOpen('bank/other')).toBe(true);
  });

  it('forgets a policy that is deleted', () => {
    const stage = new Stage({ excludedNamespaces: ['bank'] });
    stage.endpoints.tell([{ type: 'delete', kind: 'NetworkPolicy', key: 'bank/deny' }]);
    expect(stage.endpoints.compiler.excludedPolicies.size).toBe(0);
  });
});
