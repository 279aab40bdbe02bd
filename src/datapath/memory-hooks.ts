/** What is attached to a datapath in memory, as a comparison reads it. */

import type { MemoryDatapath } from './memory.ts';
import type { HookFinding, HookInspector } from './verify-hooks.ts';

export function memoryHooks(datapath: MemoryDatapath): HookInspector {
  const finding = (ifindex: number): Omit<HookFinding, 'kind' | 'mend'> => {
    const is = datapath.attached().has(ifindex);
    return { where: `interface ${ifindex}`, expected: is ? null : 'programs', found: is ? 'programs' : null, unguarded: !is };
  };
  return {
    interfacePlaces: (ifindex) => [
      {
        what: 'hooks',
        inspect: () =>
          datapath.attached().has(ifindex) ? undefined : { ...finding(ifindex), kind: 'missing', mend: () => datapath.attach(ifindex) },
      },
    ],
    nodePlaces: () => [],
    attached: () => datapath.attached(),
    leftover: (ifindex) => ({
      what: 'pins',
      inspect: () =>
        datapath.attached().has(ifindex) ? { ...finding(ifindex), kind: 'foreign', mend: () => datapath.detach(ifindex) } : undefined,
    }),
  };
}
