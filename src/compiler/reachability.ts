/** Who may reach whom by policy, for a set of objects: the compiler at the scope of the whole cluster. */

import type { ClusterObject } from '../model/objects.ts';
import type { CompilerOptions } from './compiler-options.ts';
import { Compiler } from './compiler.ts';
import { explainFlow, type Flow, type FlowExplanation } from './explain.ts';

/** Compile once, then ask for as many flows as you like. Conntrack, nodes and Services are not part of the answer. */
export function compileReachability(
  objects: readonly ClusterObject[],
  options: Pick<CompilerOptions, 'excludedNamespaces'> = {},
): (flow: Flow) => FlowExplanation {
  const compiler = new Compiler(options);
  compiler.apply(objects.map((object) => ({ type: 'upsert', object })));
  compiler.flush({ ms: 0, monotonic: 0n });
  return (flow) => explainFlow(compiler, flow);
}
