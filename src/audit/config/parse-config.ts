/** Reads `.postern.yaml`, strictly: a word that means nothing is an error, lest it be taken for one that does. */

import { describeValue, type JsonRecord } from '../../model/decode/fields.ts';
import { PosternError } from '../../model/error.ts';
import { parsePrefix } from '../../model/ip.ts';
import { SEVERITIES, type Severity } from '../finding.ts';
import { nearestName } from '../checks/nearest-name.ts';
import type { NamedNetwork } from '../input/audit-input.ts';
import { EMPTY_CONFIG, type AuditConfig, type IgnoreRule } from './audit-config.ts';
import { join, type ConfigReader } from './config-reader.ts';
import { openDocument } from './open-document.ts';

export interface ParsedConfig {
  readonly config: AuditConfig;
  /** `E_CONFIG`; where there is any, the configuration is not to be used. */
  readonly problems: readonly PosternError[];
}

const KEYS = ['severities', 'ignores', 'networks', 'podCIDRs', 'serviceCIDRs', 'nodeCIDRs'];
const IGNORE_KEYS = ['check', 'object', 'namespace', 'reason', 'expires'];
const LEVELS: readonly (Severity | 'off')[] = [...SEVERITIES, 'off'];

const CHECK = /^PN\d{3}$/;
/** A kind, and a name behind it with or without a namespace; each may hold `*`. */
const OBJECT = /^(?:[A-Za-z*]+ )?[a-z0-9.*-]+(?:\/[a-z0-9.*-]+)?$/;
const NAMESPACE = /^[a-z0-9*-]+$/;
const NETWORK = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** `checks`: the ids that there are; without them any that looks like one will do. Never throws for bad input. */
export function parseConfig(text: string, file: string, checks?: readonly string[]): ParsedConfig {
  const opened = openDocument('E_CONFIG', text, file);
  if ('broken' in opened) return { config: EMPTY_CONFIG, problems: [opened.broken] };
  const { reader, value } = opened;
  const config = readConfig(reader.map(value, '', KEYS) ?? {}, reader, checks);
  return { config, problems: reader.problems };
}

function readConfig(map: JsonRecord, reader: ConfigReader, checks: readonly string[] | undefined): AuditConfig {
  return {
    severities: readSeverities(map['severities'], reader, checks),
    ignores: reader.list(map['ignores'], 'ignores').flatMap((entry, index) => readIgnore(entry, `ignores[${index}]`, reader, checks) ?? []),
    networks: readNetworks(map['networks'], reader),
    podCIDRs: readCIDRs(map['podCIDRs'], 'podCIDRs', reader),
    serviceCIDRs: readCIDRs(map['serviceCIDRs'], 'serviceCIDRs', reader),
    nodeCIDRs: readCIDRs(map['nodeCIDRs'], 'nodeCIDRs', reader),
  };
}

function readSeverities(value: unknown, reader: ConfigReader, checks: readonly string[] | undefined): AuditConfig['severities'] {
  const severities: Record<string, Severity | 'off'> = {};
  for (const [check, said] of Object.entries(reader.map(value, 'severities') ?? {})) {
    const field = join('severities', check);
    const level = LEVELS.find((known) => known === said);
    if (level === undefined) reader.report(field, `${describeValue(said)} is no severity`, `write one of ${LEVELS.join(', ')}`);
    else if (isCheck(check, field, reader, checks)) severities[check] = level;
  }
  return severities;
}

function isCheck(check: string, field: string, reader: ConfigReader, checks: readonly string[] | undefined): boolean {
  if (checks === undefined ? CHECK.test(check) : checks.includes(check)) return true;
  const near = nearestName(check, checks ?? []);
  reader.report(
    field,
    `there is no check ${JSON.stringify(check)}`,
    near === undefined ? 'write the id of a check, such as PN001' : `did you mean ${near}?`,
  );
  return false;
}

function readIgnore(value: unknown, field: string, reader: ConfigReader, checks: readonly string[] | undefined): IgnoreRule | undefined {
  const map = value === null || value === undefined ? undefined : reader.map(value, field, IGNORE_KEYS);
  if (map === undefined) {
    return value === null || value === undefined ? reader.report(field, 'an empty entry ignores nothing', 'take it out') : undefined;
  }
  const check = reader.text(map, 'check', field, 'write the id of a check, such as PN001');
  const object = reader.text(map, 'object', field, 'write a pattern, such as Deployment shop/web or shop/*');
  const namespace = reader.optionalText(map, 'namespace', field, 'write the name of a namespace, or a pattern');
  const reason = reader.text(map, 'reason', field, 'say why it may be ignored: who reads it later will ask');
  const expires = reader.optionalText(map, 'expires', field, 'write a day, such as 2026-12-31');
  if (check === undefined || !isCheck(check, `${field}.check`, reader, checks) || object === undefined || reason === undefined)
    return undefined;
  if (!OBJECT.test(object)) {
    return reader.report(
      `${field}.object`,
      `${describeValue(object)} is no pattern of an object`,
      'write Deployment shop/web, shop/*, web-* or *',
    );
  }
  if (namespace !== undefined && !NAMESPACE.test(namespace)) {
    return reader.report(
      `${field}.namespace`,
      `${describeValue(namespace)} is no namespace`,
      'use lower-case letters, digits, "-" and "*"',
    );
  }
  if (expires !== undefined && !isDay(expires)) {
    return reader.report(`${field}.expires`, `${describeValue(expires)} is no day`, 'write a day, such as 2026-12-31');
  }
  return {
    check,
    object,
    ...(namespace === undefined ? {} : { namespace }),
    reason,
    ...(expires === undefined ? {} : { expires }),
    at: reader.at(field),
  };
}

/** Date.parse takes 30 February for 2 March. */
function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function readNetworks(value: unknown, reader: ConfigReader): readonly NamedNetwork[] {
  return Object.entries(reader.map(value, 'networks') ?? {}).flatMap(([name, blocks]) => {
    const field = join('networks', name);
    if (!NETWORK.test(name))
      reader.report(field, `${describeValue(name)} is no name of a network`, 'use letters, digits, "-", "_" and "."');
    const cidrs = readCIDRs(blocks, field, reader);
    if (Array.isArray(blocks) ? blocks.length === 0 : blocks === null || blocks === undefined) {
      reader.report(field, 'the network has no CIDRs', 'write a list of CIDRs below its name');
    }
    return [{ name, cidrs }];
  });
}

function readCIDRs(value: unknown, field: string, reader: ConfigReader): readonly string[] {
  return reader.list(value, field).flatMap((entry, index) => {
    const place = `${field}[${index}]`;
    if (typeof entry !== 'string')
      return reader.report(place, `${describeValue(entry)} is not a CIDR`, 'write a CIDR such as 10.0.0.0/8') ?? [];
    try {
      parsePrefix(entry);
      return [entry];
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      return reader.report(place, error.message, error.mend ?? 'write a CIDR such as 10.0.0.0/8') ?? [];
    }
  });
}
