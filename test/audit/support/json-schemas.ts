/** The published JSON schemas, as readers use them, and closed: then a property that they do not name is an error. */

import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const compiled = new Map<string, ValidateFunction>();

/** `explain-report` */
export function readSchema(name: string): { readonly [key: string]: Json } {
  const text = readFileSync(new URL(`../../../schemas/${name}.schema.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as { readonly [key: string]: Json };
}

/** What the document breaks of the schema, or has beside it; empty: nothing. */
export function faultsOf(name: string, document: unknown): string[] {
  let validate = compiled.get(name);
  if (validate === undefined) {
    const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
    addFormats.default(ajv);
    compiled.set(name, (validate = ajv.compile(close(readSchema(name)) as object)));
  }
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

function close(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  return 'properties' in inner && !('additionalProperties' in inner) ? { ...inner, additionalProperties: false } : inner;
}
