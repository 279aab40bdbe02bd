/** `postern audit`: its subcommands, each of which loads what it needs when it runs. */

import { Command, Option } from 'commander';
import { TEST_FORMATS } from '../audit/assertions/test-formats.ts';
import { CHECK_FORMATS } from '../audit/report/check-formats.ts';
import { MATRIX_FORMATS } from '../audit/matrix/matrix-formats.ts';
import { repeated, withConfig, withInput, withOutput, withPaths, withThreshold } from './audit-options.ts';
import type { CheckFlags } from './audit-check.ts';
import { withAgent } from './agent-options.ts';
import type { DiffFlags } from './audit-diff.ts';
import type { DriftFlags } from './audit-drift.ts';
import type { ExplainFlags } from './audit-explain.ts';
import type { ExposureFlags } from './audit-exposure.ts';
import type { ExplainCheckFlags } from './audit-explain-check.ts';
import type { MatrixFlags } from './audit-matrix.ts';
import type { SnapshotFlags } from './audit-snapshot.ts';
import type { TestFlags } from './audit-test.ts';
import type { SuggestFlags } from './audit-suggest.ts';
import { parsePrefixFlag } from './cidr-prefix.ts';
import { addDefaultCommand } from './default-command.ts';

const EXIT_CODES = `
Exit code: 0 no finding at or above --fail-on; 1 it could not be done; 2 such findings; 3 the input lacks something (--allow-incomplete).`;

const EXAMPLES = `
  postern audit ./manifests                            files of a folder and its subfolders
  helm template ./chart | postern audit                what another program makes
  postern audit -n shop                                a namespace of the cluster of the kubeconfig
  postern audit ./manifests -o sarif=out.sarif -o human --fail-on error

Where no subcommand is named, check is meant, with its options (postern audit check --help). A folder that is called as a subcommand is named ./check.`;

export function auditCommand(): Command {
  const audit = new Command('audit').addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`);
  addDefaultCommand(audit, checkCommand(audit))
    .addCommand(matrixCommand(audit))
    .addCommand(explainCommand(audit))
    .addCommand(exposureCommand(audit))
    .addCommand(diffCommand())
    .addCommand(testCommand(audit))
    .addCommand(driftCommand())
    .addCommand(suggestCommand(audit))
    .addCommand(explainCheckCommand())
    .addCommand(snapshotCommand(audit));
  return audit;
}

function checkCommand(audit: Command): Command {
  return withThreshold(withOutput(withConfig(withInput(withPaths(new Command('check')))), CHECK_FORMATS))
    .description('findings: what is wrong with policies, why it matters, and how to mend it')
    .optionsGroup('Output:')
    .option('-q, --quiet', 'a line for each finding and nothing else')
    .option('-v, --verbose', 'also why each finding matters, and what is ignored')
    .addHelpText('after', EXIT_CODES)
    .action(async (paths: string[], flags: CheckFlags) => {
      const { runCheck } = await import('./audit-check.ts');
      if (!(await runCheck(paths, flags))) audit.help({ error: true });
    });
}

function matrixCommand(audit: Command): Command {
  return withOutput(withConfig(withInput(withPaths(new Command('matrix')))), MATRIX_FORMATS)
    .description('who reaches whom, and on which ports; html is one page that needs nothing else')
    .optionsGroup('What is shown:')
    .addOption(new Option('--by <peer>', 'a row and a column for each').choices(['workload', 'pod']).default('workload'))
    .addOption(repeated('--peers-in <namespace>', 'only peers of this namespace, and what is outside; may be given again'))
    .addOption(new Option('--only <verdict>', 'pairs of which something is allowed, or nothing is').choices(['allowed', 'denied']))
    .option('--ports <list>', 'only these are asked about: 80,8000-8080/tcp,53/udp,sctp')
    .addHelpText('after', '\nExit code: 0 it is whole; 1 it could not be done; 3 the input lacks something (--allow-incomplete).')
    .action(async (paths: string[], flags: MatrixFlags) => {
      const { runMatrix } = await import('./audit-matrix.ts');
      if (!(await runMatrix(paths, flags))) audit.help({ error: true });
    });
}

function explainCommand(audit: Command): Command {
  const explain = withOutput(withConfig(withInput(new Command('explain'))), ['human', 'json'])
    .description('why SOURCE reaches DESTINATION, or does not: every rule of both sides, or the smallest policy that would allow it')
    .argument('<source>', 'NAMESPACE/NAME of a workload or pod, NAMESPACE/KIND/NAME, or an address')
    .argument('<destination>', 'the same or a Service, with a port: shop/db:5432, shop/svc/web:http, 203.0.113.7:53/udp')
    .argument('[paths...]', 'files, folders and globs of manifests')
    .addOption(new Option('--fail-on <verdict>', 'the verdict that ends with 2').choices(['denied', 'allowed', 'never']).default('never'))
    .optionsGroup('What the kernel says:')
    .option('--live', 'try packets on the programs at the pods of this node; where the kernel disagrees, it ends with 1')
    .option('--all-nodes', 'the same on every node that the pods are on, by kubectl exec in the agents')
    .option('--agent-namespace <name>', 'where the agents run', 'postern');
  return withAgent(explain)
    .addHelpText('after', EXIT_CODES)
    .action(async (source: string, destination: string, paths: string[], flags: ExplainFlags) => {
      const { runExplain } = await import('./audit-explain.ts');
      if (!(await runExplain(source, destination, paths, flags))) audit.help({ error: true });
    });
}

function exposureCommand(audit: Command): Command {
  return withOutput(withConfig(withInput(withPaths(new Command('exposure')))), ['human', 'json', 'markdown'])
    .description('what is reachable from outside of the cluster, by which way, and by pods that do not exist yet')
    .addOption(new Option('--fail-on <state>', 'what ends with 2').choices(['exposed', 'never']).default('never'))
    .addHelpText('after', EXIT_CODES)
    .action(async (paths: string[], flags: ExposureFlags) => {
      const { runExposure } = await import('./audit-exposure.ts');
      if (!(await runExposure(paths, flags))) audit.help({ error: true });
    });
}

function diffCommand(): Command {
  return withOutput(withConfig(new Command('diff')), ['human', 'json', 'markdown'])
    .description('connections gained and lost from OLD to NEW: files, folders or snapshots; by meaning, not by text')
    .argument('<old>')
    .argument('<new>')
    .option('--allow-incomplete', 'an input that lacks something is no reason to fail')
    .addOption(new Option('--fail-on <change>', 'the change that ends with 2').choices(['gained', 'lost', 'any', 'never']).default('never'))
    .addHelpText('after', EXIT_CODES)
    .action(async (before: string, after: string, flags: DiffFlags) => {
      const { runDiff } = await import('./audit-diff.ts');
      await runDiff(before, after, flags);
    });
}

function driftCommand(): Command {
  return withAgent(new Command('drift'))
    .description('whether the kernel holds what the agent wants there: on this node, or on all; nothing is repaired')
    .option('-A, --all-nodes', 'of the cluster of the kubeconfig, by kubectl exec in the agents')
    .option('--context <name>', 'of the kubeconfig')
    .option('--kubeconfig <file>', "kubectl's own where it is not given")
    .option('--agent-namespace <name>', 'where the agents run', 'postern')
    .option('--allow-incomplete', 'a node that cannot be asked is no reason to fail')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code: 0 nothing differs; 1 it could not be done; 2 something differs; 3 some node could not be asked.')
    .action(async (flags: DriftFlags) => {
      const { runDrift } = await import('./audit-drift.ts');
      await runDrift(flags);
    });
}

function suggestCommand(audit: Command): Command {
  return withConfig(withInput(withPaths(new Command('suggest'))))
    .description('the least policies for the flows of a list, or default-deny and name resolution; YAML that applies as it is')
    .optionsGroup('What is suggested:')
    .option('--flows <file>', 'what postern monitor --flows --json printed; - is standard input')
    .option('--skeleton', 'default-deny and name resolution for namespaces that lack them')
    .addOption(repeated('--workload <namespace/name>', 'only for this one; may be given again'))
    .addOption(new Option('--direction <direction>', 'a policy for each').choices(['ingress', 'egress', 'both']).default('both'))
    .option('--include-denied', 'also what no policy allowed')
    .addOption(
      new Option('--cidr-prefix <length>', 'networks instead of single addresses outside: 24, or 24,64').argParser(parsePrefixFlag),
    )
    .optionsGroup('Output:')
    .option('-o, --output <file>', 'in place of standard output')
    .addHelpText(
      'after',
      '\nExit code: 0 it is whole; 1 it could not be done; 3 the input or the flows lack something (--allow-incomplete).',
    )
    .action(async (paths: string[], flags: SuggestFlags) => {
      const { runSuggest } = await import('./audit-suggest.ts');
      if (!(await runSuggest(paths, flags))) audit.help({ error: true });
    });
}

function testCommand(audit: Command): Command {
  return withOutput(withConfig(withInput(new Command('test'))), TEST_FORMATS)
    .description('whether what files assert holds: who may reach whom, who may not, and who else')
    .argument('<files...>', 'assertions, as docs/audit.md and schemas/audit-test.schema.json have them')
    .optionsGroup('Input:')
    .addOption(repeated('-i, --input <path>', 'files, folders and globs of manifests, a snapshot, or -; may be given again'))
    .optionsGroup('Output:')
    .option('-q, --quiet', 'what holds is not told')
    .addHelpText(
      'after',
      `
  postern audit test assertions.yaml --input ./manifests
  kubectl get deploy,po,netpol,svc,ns -A -o yaml | postern audit test assertions.yaml

Exit code: 0 all hold; 1 it could not be done; 2 some do not hold; 3 the input lacks something (--allow-incomplete).`,
    )
    .action(async (files: string[], flags: TestFlags) => {
      const { runTest } = await import('./audit-test.ts');
      if (!(await runTest(files, flags))) audit.help({ error: true });
    });
}

function explainCheckCommand(): Command {
  return new Command('explain-check')
    .description('what a check looks for, why, and how to mend it; without an id, all checks')
    .argument('[id]', 'PN001, or its name')
    .option('--json', 'as JSON')
    .action(async (id: string | undefined, flags: ExplainCheckFlags) => {
      const { runExplainCheck } = await import('./audit-explain-check.ts');
      await runExplainCheck(id, flags);
    });
}

function snapshotCommand(audit: Command): Command {
  return withInput(withPaths(new Command('snapshot')))
    .description('what an audit reads, in a file that every subcommand takes as its input: names, labels, ports, addresses and policies')
    .optionsGroup('Output:')
    .option('-o, --output <file>', 'in place of standard output')
    .addHelpText('after', '\nExit code: 0 it is whole; 1 it could not be done; 3 the input lacks something (--allow-incomplete).')
    .action(async (paths: string[], flags: SnapshotFlags) => {
      const { runSnapshot } = await import('./audit-snapshot.ts');
      if (!(await runSnapshot(paths, flags))) audit.help({ error: true });
    });
}
