/** Which pod of the lab plays which actor. */

/** The `stranger`: a host on the nodes' wire, unknown to the cluster. */
export const STRANGER_POD = 'outside/stranger';

/** `namespace/name` */
export function podOf(actor: string): string {
  return actor === 'stranger' ? STRANGER_POD : actor;
}
