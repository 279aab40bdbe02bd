/** What an earlier agent made of an interface, read from the maps that its programs there still use: no file could say it as surely. */

import * as native from '../../native/index.js';
import { CONFIG_OPEN, CONFIG_UNSET } from '../model/plan.ts';
import { decodeConfigPast, LAYOUT, readU32, u32 } from './layout.ts';
import { type PastMap, withPastMaps } from './past-maps.ts';
import type { EarlierEndpoint } from './port.ts';

const RECORDED: EarlierEndpoint = { ranOpen: false, takeOverUntil: 0n };
const RAN_OPEN: EarlierEndpoint = { ranOpen: true, takeOverUntil: 0n };
const WORD_SIZE = 8;

export class EarlierEndpoints {
  readonly #ownPrograms: ReadonlySet<number>;
  readonly #conntrack: number;
  readonly #bpfRoot: string;
  /** Of one that judged, but cannot be asked. */
  readonly #unknown: EarlierEndpoint;

  /** `object`: this agent's. `lasting`: flows that an earlier agent recorded are taken over by pins. */
  constructor({ programs, maps }: native.LoadedObject, bpfRoot: string, lasting: boolean) {
    this.#bpfRoot = bpfRoot;
    this.#unknown = lasting ? RECORDED : RAN_OPEN;
    this.#ownPrograms = new Set(Object.values(programs).map(({ fd }) => native.programInfo(fd).id));
    this.#conntrack = maps['conntrack'] === undefined ? 0 : native.mapInfo(maps['conntrack'].fd).id;
  }

  /** `programs`: those that judge at the interface, at most one for each hook. `undefined`: none is an earlier agent's. */
  read(ifindex: number, programs: readonly number[]): EarlierEndpoint | undefined {
    const earlier = programs.filter((id) => !this.#ownPrograms.has(id));
    if (earlier.length === 0) return undefined;
    // What passed the other hook nobody has seen.
    if (programs.length < 2) return RAN_OPEN;
    try {
      return earlier.map((id) => withPastMaps(this.#bpfRoot, id, (maps) => this.#readPast(ifindex, maps))).reduce(moreOpen);
    } catch {
      // Gone meanwhile, or not to be looked at.
      return this.#unknown;
    }
  }

  /** The program has been told to let everything pass there. */
  isOpen(ifindex: number, program: number): boolean {
    if (this.#ownPrograms.has(program)) return false;
    try {
      return withPastMaps(this.#bpfRoot, program, (maps) => readConfigId(ifindex, maps) === CONFIG_OPEN);
    } catch {
      // As above: it judged.
      return false;
    }
  }

  #readPast(ifindex: number, maps: readonly PastMap[]): EarlierEndpoint {
    // Its agent died on its way to another table, before this interface's turn came. Or it is no program of ours.
    if (!maps.some(({ info }) => info.id === this.#conntrack)) return RAN_OPEN;
    const id = readConfigId(ifindex, maps);
    if (id === CONFIG_OPEN) return RAN_OPEN;
    const configs = mapNamed(maps, 'configs');
    const row = new Uint8Array(LAYOUT.endpoint_config[''][1]);
    // Rows of another size are another build's. It judged, so it has recorded.
    if (id === undefined || id === CONFIG_UNSET || configs?.info.valueSize !== row.length) return RECORDED;
    return native.mapGet(configs.fd, u32(id), row) ? decodeConfigPast(row) : RECORDED;
  }
}

function moreOpen(a: EarlierEndpoint, b: EarlierEndpoint): EarlierEndpoint {
  return { ranOpen: a.ranOpen || b.ranOpen, takeOverUntil: a.takeOverUntil > b.takeOverUntil ? a.takeOverUntil : b.takeOverUntil };
}

function mapNamed(maps: readonly PastMap[], name: string): PastMap | undefined {
  return maps.find(({ info }) => info.name === name);
}

/** `undefined`: the maps are not as ours. */
function readConfigId(ifindex: number, maps: readonly PastMap[]): number | undefined {
  const near = mapNamed(maps, 'endpoints');
  const map = near !== undefined && ifindex < near.info.maxEntries ? near : mapNamed(maps, 'far_endpoints');
  if (map?.info.valueSize !== WORD_SIZE) return undefined;
  const word = new Uint8Array(WORD_SIZE);
  return native.mapGet(map.fd, u32(ifindex), word) ? readU32(word) : CONFIG_UNSET;
}
