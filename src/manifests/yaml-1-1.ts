/** Words and numbers that YAML 1.1, which kubectl reads, takes for something else than YAML 1.2. */

import type { ScalarTag } from 'yaml';

const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const NUMBER = /^(?=.*_|[-+]?0b)[-+]?(?:0b[01_]+|0x[\dA-Fa-f_]+|[1-9][\d_]*(?:\.[\d_]*)?)$/;

/** 010 is 8 there, and 10 in YAML 1.2: kept as text, so that no field takes it for a number. */
const leadingZero: ScalarTag = { tag: 'tag:yaml.org,2002:str', default: true, test: /^[-+]?0\d+$/, resolve: (text) => text };
/** An unquoted `on` is no text: the API server refuses it as a label's value, and takes it where a flag is meant. */
const boolean: ScalarTag = { tag: 'tag:yaml.org,2002:bool', default: true, test: BOOLEAN, resolve: (text) => TRUE.test(text) };
const number: ScalarTag = { tag: 'tag:yaml.org,2002:float', default: true, test: NUMBER, resolve: readNumber };

export const YAML_1_1_TAGS: readonly ScalarTag[] = [leadingZero, boolean, number];

/** Unquoted; of numbers with a leading zero others take care. */
export function differsInYaml11(text: string): boolean {
  return BOOLEAN.test(text) || NUMBER.test(text);
}

function readNumber(text: string): number {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  return text.startsWith('-') ? -Number(digits) : Number(digits);
}
