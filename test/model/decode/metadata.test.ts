/** Names, labels, times: what every object has, and how a bad one is called. */

import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/model/objects.ts';
import { failureOf, namespace, pod } from './builders.ts';
import type { Json } from './builders.ts';

describe('metadata', () => {
  it.each<[string, Json, Partial<Pod>]>([
    ['an absent namespace is default', { namespace: undefined }, { namespace: 'default', uid: 'Pod/default/web' }],
    ['a null namespace is default', { namespace: null }, { namespace: 'default' }],
    ['an empty namespace is default', { namespace: '' }, { namespace: 'default' }],
    ['an absent uid is made of kind, namespace and name', {}, { uid: 'Pod/shop/web' }],
    ['a uid is kept', { uid: 'u-1' }, { uid: 'u-1' }],
    ['absent labels are none', {}, { labels: {}, annotations: {} }],
    ['null labels are none', { labels: null, annotations: null }, { labels: {}, annotations: {} }],
    ['labels are kept, empty values too', { labels: { a: '', 'b.io/c': 'd' } }, { labels: { a: '', 'b.io/c': 'd' } }],
    ['our own annotations are kept', { annotations: { a: 'b', 'postern.dev/c': 'd' } }, { annotations: { 'postern.dev/c': 'd' } }],
    ['a null deletionTimestamp is absent', { deletionTimestamp: null }, { terminating: false }],
    ['a deletionTimestamp makes it terminating', { deletionTimestamp: '2026-01-31T12:00:00Z' }, { terminating: true }],
    ['a null creationTimestamp is absent', { creationTimestamp: null }, {}],
  ])('%s', (_rule, metadata, expected) => {
    expect(pod({}, metadata)).toMatchObject(expected);
  });

  it.each<[string, Json, string, string]>([
    ['no name', { name: undefined }, 'metadata.name', 'has no name'],
    ['a name that YAML reads as a number', { name: 8080 }, 'metadata.name', 'the number 8080'],
    ['a name with a slash, which keys could not tell apart', { name: 'a/b' }, 'metadata.name', 'not a name'],
    ['a name in capitals', { name: 'Web' }, 'metadata.name', 'not a name'],
    ['a name that is far too long', { name: 'a'.repeat(254) }, 'metadata.name', 'not a name'],
    ['a namespace with a space', { namespace: 'my shop' }, 'metadata.namespace', 'not a name'],
    ['a label that YAML reads as a number', { labels: { v: 1 } }, 'metadata.labels["v"]', 'the number 1'],
    ['a label that YAML reads as a boolean', { labels: { 'a.b/c': true } }, 'metadata.labels["a.b/c"]', 'the boolean true'],
    ['a label without a value', { labels: { v: null } }, 'metadata.labels["v"]', 'nothing'],
    ['a label that is an object', { labels: { v: {} } }, 'metadata.labels["v"]', 'an object'],
    ['labels as a list', { labels: ['a'] }, 'metadata.labels', 'a list'],
    ['labels as a text', { labels: 'a=b' }, 'metadata.labels', '"a=b"'],
    ['an annotation that is a number', { annotations: { v: 1 } }, 'metadata.annotations["v"]', 'the number 1'],
    ['a time without a zone', { creationTimestamp: '2026-01-31T12:00:00' }, 'metadata.creationTimestamp', 'not a time'],
    ['a time that is a day', { creationTimestamp: '2026-01-31' }, 'metadata.creationTimestamp', 'not a time'],
    ['a day that no calendar has', { creationTimestamp: '2026-02-30T12:00:00Z' }, 'metadata.creationTimestamp', 'not a time'],
    ['a month that no calendar has', { creationTimestamp: '2026-13-01T12:00:00Z' }, 'metadata.creationTimestamp', 'not a time'],
    ['a time as a number', { creationTimestamp: 1700000000 }, 'metadata.creationTimestamp', 'the number'],
    ['a deletion time that is none', { deletionTimestamp: 'soon' }, 'metadata.deletionTimestamp', 'not a time'],
    ['a uid as a number', { uid: 7 }, 'metadata.uid', 'the number 7'],
  ])('%s is an error', (_what, metadata, field, message) => {
    const failure = failureOf(() => pod({}, metadata));
    expect(failure).toMatchObject({ code: 'E_OBJECT_FIELD', at: { field } });
    expect(failure.message).toContain(message);
    expect(failure.mend).toBeTruthy();
  });

  it('errors name the object', () => {
    expect(failureOf(() => pod({}, { labels: { a: 1 } })).at.object).toBe('Pod shop/web');
    expect(failureOf(() => pod({}, { namespace: undefined, labels: { a: 1 } })).at.object).toBe('Pod default/web');
    expect(failureOf(() => namespace({ labels: { a: 1 } })).at.object).toBe('Namespace web');
    expect(failureOf(() => pod({}, { name: '' })).at.object).toBe('Pod without a name');
  });

  it('a scalar label error says which quotes to write', () => {
    expect(failureOf(() => pod({}, { labels: { version: 1.5 } })).mend).toBe('put it in quotes: "1.5"');
  });
});
