/** kind's configurations, the scripts and the workflows around them: they speak of each other, and fetch nothing from a registry by its host. */

import { existsSync, globSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readText, ROOT } from './read-manifests.ts';

interface KindConfig {
  readonly networking: {
    readonly kubeProxyMode: string;
    readonly ipFamily: string;
    readonly podSubnet: string;
    readonly disableDefaultCNI: boolean;
  };
  readonly nodes: readonly { readonly role: string; readonly kubeadmConfigPatches: readonly [string] }[];
}

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly strategy?: { readonly matrix: { readonly configuration: readonly string[] } };
        readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
      }
    >
  >;
}

const CONFIGURATIONS = readdirSync(new URL('test/kind/clusters', ROOT)).map((file) => file.replace(/\.yaml$/, ''));
const WORKFLOWS = readdirSync(new URL('.github/workflows', ROOT));
const readConfig = (name: string): KindConfig => parse(readText(`test/kind/clusters/${name}.yaml`)) as KindConfig;
const readWorkflow = (file: string): Workflow => parse(readText(`.github/workflows/${file}`)) as Workflow;

describe('the configurations of kind', () => {
  it('are each tried by the workflow', () => {
    expect(readWorkflow('kind.yml').jobs['cluster']?.strategy?.matrix.configuration.toSorted()).toEqual(CONFIGURATIONS.toSorted());
  });

  it('cover both ways of pods’ networks, all three of Services, and one family as well as two', () => {
    const networks = CONFIGURATIONS.map((name) => readConfig(name).networking);
    expect(new Set(networks.map(({ disableDefaultCNI }) => disableDefaultCNI))).toEqual(new Set([true, false]));
    expect(new Set(networks.map(({ kubeProxyMode }) => kubeProxyMode))).toEqual(new Set(['iptables', 'ipvs', 'nftables']));
    expect(new Set(networks.map(({ ipFamily }) => ipFamily))).toEqual(new Set(['dual', 'ipv4']));
  });

  it.each(CONFIGURATIONS)('%s is what its name says', (name) => {
    const { networking } = readConfig(name);
    const [plugin, proxy] = name.split('-');
    expect(networking.kubeProxyMode).toBe(proxy);
    expect(networking.disableDefaultCNI).toBe(plugin === 'flannel');
    // As install-flannel.sh tells Flannel.
    expect(networking.podSubnet).toBe(networking.ipFamily === 'dual' ? '10.244.0.0/16,fd00:10:244::/56' : '10.244.0.0/16');
  });

  it.each(CONFIGURATIONS)('%s names its nodes as the harness of test/cluster does, workers first', (name) => {
    const named = readConfig(name).nodes.map(({ role, kubeadmConfigPatches: [patch] }) => {
      const { kind, nodeRegistration } = parse(patch) as { kind: string; nodeRegistration: { name: string } };
      return `${role} ${kind} ${nodeRegistration.name}`;
    });
    expect(named).toEqual(['control-plane InitConfiguration n3', 'worker JoinConfiguration n1', 'worker JoinConfiguration n2']);
  });

  it('have the minor version of Kubernetes that the suite is of', () => {
    const nodes = /^NODE_IMAGE=kindest\/node:(v\d+\.\d+)\.\d+@sha256:[0-9a-f]{64}$/m.exec(readText('test/kind/versions.sh'))?.[1];
    const suite = /^KUBERNETES=(v\d+\.\d+)\./m.exec(readText('test/cluster/binaries.sh'))?.[1];
    expect(nodes).toBeDefined();
    expect(nodes).toBe(suite);
  });
});

describe.each(WORKFLOWS)('the workflow %s', (file) => {
  const steps = Object.values(readWorkflow(file).jobs).flatMap((job) => job.steps);

  it('takes actions by commit', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
  });

  it('runs scripts that are there', () => {
    const scripts = steps.flatMap(({ run = '' }) => run.match(/(?:test|scripts)\/[\w/-]+\.sh|\.ci\/run/g) ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(existsSync(new URL(script, ROOT)), script).toBe(true);
  });
});

describe('the scripts of kind', () => {
  it('run scripts that are there', () => {
    const scripts = globSync('test/kind/*.sh', { cwd: fileURLToPath(ROOT) });
    const named = scripts.flatMap((script) => readText(script).match(/(?:test|scripts)\/[\w/-]+\.(?:sh|ts)/g) ?? []);
    expect(named.length).toBeGreaterThan(5);
    for (const script of named) expect(existsSync(new URL(script, ROOT)), script).toBe(true);
  });

  it('and all that is deployed name images without the host of a registry', () => {
    const files = globSync(['deploy/**/*', 'test/kind/**/*', '.github/**/*', 'examples/kustomize/*', '.dockerignore'], {
      cwd: fileURLToPath(ROOT),
      withFileTypes: true,
    }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(15);
    for (const { parentPath, name } of files) {
      const path = `${parentPath}/${name}`;
      expect(readText(path), path).not.toMatch(/\b(?:docker\.io|ghcr\.io|gcr\.io|quay\.io|registry\.k8s\.io|registry\.npmjs\.org)\b/);
    }
  });
});
