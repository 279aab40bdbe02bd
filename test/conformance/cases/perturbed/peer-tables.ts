/** Who gets through by each kind of peer and each pair of kinds, for both directions: TCP 80 from them to x/a, and from x/a to them. */

export type PeerKind =
  | 'own pods'
  | 'own pods c'
  | 'every namespace'
  | 'every pod of every namespace'
  | 'pods c everywhere'
  | 'namespace x'
  | 'every pod of namespace x'
  | 'pods c of namespace x'
  | 'block'
  | 'block with except';

type Single = readonly [PeerKind, ...string[]];
type Pair = readonly [PeerKind, PeerKind, ...string[]];

export const SINGLES_IN: readonly Single[] = [
  ['own pods', 'x/b,x/c'],
  ['own pods c', 'x/c'],
  ['every namespace', '*'],
  ['every pod of every namespace', '*'],
  ['pods c everywhere', 'x/c,y/c,z/c'],
  ['namespace x', 'x/b,x/c'],
  ['every pod of namespace x', 'x/b,x/c'],
  ['pods c of namespace x', 'x/c'],
  ['block', 'x/c,y/b,z/a,z/c v4'],
  ['block with except', 'x/c,y/b,z/a v4'],
];

export const SINGLES_OUT: readonly Single[] = [
  ['own pods', 'x/b,x/c'],
  ['own pods c', 'x/c'],
  ['every namespace', '*'],
  ['every pod of every namespace', '*'],
  ['pods c everywhere', 'x/c,y/c,z/c'],
  ['namespace x', 'x/b,x/c'],
  ['every pod of namespace x', 'x/b,x/c'],
  ['pods c of namespace x', 'x/c'],
  ['block', 'x/c,y/b,z/a,z/c v4'],
  ['block with except', 'x/c,y/b,z/a v4'],
];

export const PAIRS_IN: readonly Pair[] = [
  ['own pods', 'own pods c', 'x/b,x/c'],
  ['own pods', 'every namespace', '*'],
  ['own pods', 'every pod of every namespace', '*'],
  ['own pods', 'pods c everywhere', 'x/b,x/c,y/c,z/c'],
  ['own pods', 'namespace x', 'x/b,x/c'],
  ['own pods', 'every pod of namespace x', 'x/b,x/c'],
  ['own pods', 'pods c of namespace x', 'x/b,x/c'],
  ['own pods', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['own pods', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['own pods c', 'every namespace', '*'],
  ['own pods c', 'every pod of every namespace', '*'],
  ['own pods c', 'pods c everywhere', 'x/c,y/c,z/c'],
  ['own pods c', 'namespace x', 'x/b,x/c'],
  ['own pods c', 'every pod of namespace x', 'x/b,x/c'],
  ['own pods c', 'pods c of namespace x', 'x/c'],
  ['own pods c', 'block', 'x/c', 'y/b,z/a,z/c v4'],
  ['own pods c', 'block with except', 'x/c', 'y/b,z/a v4'],
  ['every namespace', 'every pod of every namespace', '*'],
  ['every namespace', 'pods c everywhere', '*'],
  ['every namespace', 'namespace x', '*'],
  ['every namespace', 'every pod of namespace x', '*'],
  ['every namespace', 'pods c of namespace x', '*'],
  ['every namespace', 'block', '*'],
  ['every namespace', 'block with except', '*'],
  ['every pod of every namespace', 'pods c everywhere', '*'],
  ['every pod of every namespace', 'namespace x', '*'],
  ['every pod of every namespace', 'every pod of namespace x', '*'],
  ['every pod of every namespace', 'pods c of namespace x', '*'],
  ['every pod of every namespace', 'block', '*'],
  ['every pod of every namespace', 'block with except', '*'],
  ['pods c everywhere', 'namespace x', 'x/b,x/c,y/c,z/c'],
  ['pods c everywhere', 'every pod of namespace x', 'x/b,x/c,y/c,z/c'],
  ['pods c everywhere', 'pods c of namespace x', 'x/c,y/c,z/c'],
  ['pods c everywhere', 'block', 'x/c,y/c,z/c', 'y/b,z/a v4'],
  ['pods c everywhere', 'block with except', 'x/c,y/c,z/c', 'y/b,z/a v4'],
  ['namespace x', 'every pod of namespace x', 'x/b,x/c'],
  ['namespace x', 'pods c of namespace x', 'x/b,x/c'],
  ['namespace x', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['namespace x', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['every pod of namespace x', 'pods c of namespace x', 'x/b,x/c'],
  ['every pod of namespace x', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['every pod of namespace x', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['pods c of namespace x', 'block', 'x/c', 'y/b,z/a,z/c v4'],
  ['pods c of namespace x', 'block with except', 'x/c', 'y/b,z/a v4'],
  ['block', 'block with except', 'x/c,y/b,z/a,z/c v4'],
];

export const PAIRS_OUT: readonly Pair[] = [
  ['own pods', 'own pods c', 'x/b,x/c'],
  ['own pods', 'every namespace', '*'],
  ['own pods', 'every pod of every namespace', '*'],
  ['own pods', 'pods c everywhere', 'x/b,x/c,y/c,z/c'],
  ['own pods', 'namespace x', 'x/b,x/c'],
  ['own pods', 'every pod of namespace x', 'x/b,x/c'],
  ['own pods', 'pods c of namespace x', 'x/b,x/c'],
  ['own pods', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['own pods', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['own pods c', 'every namespace', '*'],
  ['own pods c', 'every pod of every namespace', '*'],
  ['own pods c', 'pods c everywhere', 'x/c,y/c,z/c'],
  ['own pods c', 'namespace x', 'x/b,x/c'],
  ['own pods c', 'every pod of namespace x', 'x/b,x/c'],
  ['own pods c', 'pods c of namespace x', 'x/c'],
  ['own pods c', 'block', 'x/c', 'y/b,z/a,z/c v4'],
  ['own pods c', 'block with except', 'x/c', 'y/b,z/a v4'],
  ['every namespace', 'every pod of every namespace', '*'],
  ['every namespace', 'pods c everywhere', '*'],
  ['every namespace', 'namespace x', '*'],
  ['every namespace', 'every pod of namespace x', '*'],
  ['every namespace', 'pods c of namespace x', '*'],
  ['every namespace', 'block', '*'],
  ['every namespace', 'block with except', '*'],
  ['every pod of every namespace', 'pods c everywhere', '*'],
  ['every pod of every namespace', 'namespace x', '*'],
  ['every pod of every namespace', 'every pod of namespace x', '*'],
  ['every pod of every namespace', 'pods c of namespace x', '*'],
  ['every pod of every namespace', 'block', '*'],
  ['every pod of every namespace', 'block with except', '*'],
  ['pods c everywhere', 'namespace x', 'x/b,x/c,y/c,z/c'],
  ['pods c everywhere', 'every pod of namespace x', 'x/b,x/c,y/c,z/c'],
  ['pods c everywhere', 'pods c of namespace x', 'x/c,y/c,z/c'],
  ['pods c everywhere', 'block', 'x/c,y/c,z/c', 'y/b,z/a v4'],
  ['pods c everywhere', 'block with except', 'x/c,y/c,z/c', 'y/b,z/a v4'],
  ['namespace x', 'every pod of namespace x', 'x/b,x/c'],
  ['namespace x', 'pods c of namespace x', 'x/b,x/c'],
  ['namespace x', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['namespace x', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['every pod of namespace x', 'pods c of namespace x', 'x/b,x/c'],
  ['every pod of namespace x', 'block', 'x/b,x/c', 'y/b,z/a,z/c v4'],
  ['every pod of namespace x', 'block with except', 'x/b,x/c', 'y/b,z/a v4'],
  ['pods c of namespace x', 'block', 'x/c', 'y/b,z/a,z/c v4'],
  ['pods c of namespace x', 'block with except', 'x/c', 'y/b,z/a v4'],
  ['block', 'block with except', 'x/c,y/b,z/a,z/c v4'],
];
