/** The demo's step about Services: one name, two backends, and policy looks at the one that a call really reaches. */

import pc from 'picocolors';
import type { Lab } from '../lab.ts';
import { readManifestFiles } from '../objects/read-manifest-files.ts';
import { collectDrops } from '../probing/collect-drops.ts';
import type { ProbeRequest, ServiceProbe } from '../types.ts';
import { bad, dropText, fact, good, heading, milliseconds } from './demo-text.ts';

/** Each backend is missed by all calls once in a million. */
const CALLS = 20;
const CALL: ServiceProbe = { from: 'shop/web', to: { service: 'shop/api', port: 8080 }, protocol: 'TCP' };
const ALLOWED = 'shop/api';
/** What the calls become that the Service sends to the other backend. */
const DENIED: ProbeRequest = { from: 'shop/web', to: 'shop/api-canary', protocol: 'TCP', port: 8080 };

/** `edit`: the file with the second backend. */
export async function showService(lab: Lab, number: number, edit: string, print: (text: string) => void): Promise<boolean> {
  print(
    heading(
      number,
      'A Service',
      'The Service "api" gets a second backend, which no policy allows. A call is judged by the pod that it really reaches.',
    ),
  );
  const { objects } = await readManifestFiles([edit]);
  const started = performance.now();
  await lab.apply(objects);
  print(fact(`${DENIED.to} stands, and is in force on both nodes, after ${milliseconds(started)}`));
  const call = (): ReturnType<Lab['probe']> => lab.probe(Array.from({ length: CALLS }, () => CALL));
  const { results, drops } = await collectDrops(lab, call, [DENIED]);
  const answered = results.filter(({ outcome, answeredBy }) => outcome === 'open' && answeredBy === ALLOWED).length;
  const silent = results.filter(({ outcome }) => outcome === 'timeout').length;
  const [drop] = drops;
  const right = answered > 0 && silent > 0 && answered + silent === CALLS && drop !== undefined;
  const path = `${pc.bold(CALL.from)} → Service ${pc.bold(CALL.to.service)} ${CALL.to.port}/${CALL.protocol}`;
  print((right ? good : bad)(`${path}  ${CALLS} calls: ${pc.bold(`${answered} answered`)} by ${ALLOWED}, ${pc.bold(`${silent} silent`)}`));
  for (const line of drop === undefined ? [bad('no agent told of it')] : dropText(drop)) print(line);
  return right;
}
