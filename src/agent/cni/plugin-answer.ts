/** The agent's answers as the CNI plugin prints them. */

import type { PosternError } from '../../model/error.ts';

export interface PluginAnswer {
  /** The plugin ends with 0. */
  readonly ok: boolean;
  /** For its standard output. */
  readonly text: string;
}

/** Of the CNI specification; what may be otherwise in a moment is tried again by the runtime in any case. */
const CODES: Readonly<Record<string, number>> = {
  E_CNI_REQUEST: 7,
  E_NOT_SYNCED: 11,
  E_CNI_POD_UNKNOWN: 11,
  E_CNI_POD_WAITS: 11,
  E_CNI_ADDRESSES: 7,
};
const OTHER = 999;
const NOT_AVAILABLE = 50;

/** The first version in which `ips` do not say which family each is of. */
const WITHOUT_FAMILY = '1.0.0';

export const DONE: PluginAnswer = { ok: true, text: '' };

/** The result of the plugins before, unchanged but for the form that the version asks for. */
export function printResult(prevResult: Readonly<Record<string, unknown>>, cniVersion: string): PluginAnswer {
  const { ips } = prevResult;
  const formed = Array.isArray(ips) ? { ips: ips.map((ip) => formIp(ip as Readonly<Record<string, unknown>>, cniVersion)) } : {};
  return { ok: true, text: `${JSON.stringify({ ...prevResult, cniVersion, ...formed })}\n` };
}

export function printError(error: PosternError, cniVersion: string, command?: string): PluginAnswer {
  const code = command === 'STATUS' ? NOT_AVAILABLE : (CODES[error.code] ?? OTHER);
  const { message, mend = '' } = error;
  return { ok: false, text: `${JSON.stringify({ cniVersion, code, msg: `${message} [${error.code}]`, details: mend })}\n` };
}

function formIp(ip: Readonly<Record<string, unknown>>, cniVersion: string): object {
  const { version, ...formed } = ip;
  if (cniVersion.localeCompare(WITHOUT_FAMILY, 'en', { numeric: true }) >= 0) return formed;
  return { version: version ?? (String(ip['address']).includes(':') ? '6' : '4'), ...formed };
}
