/** Loads the compiled addon, prebuilt or built here, and hands out its functions by name. */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

function load() {
  try {
    return require('node-gyp-build')(dirname(dirname(fileURLToPath(import.meta.url))));
  } catch (cause) {
    const error = new Error(
      `Postern's native addon could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Build it with "npm run build"; that needs g++, make, python3, libbpf-dev, libelf-dev and zlib1g-dev, and Linux.',
      { cause },
    );
    error.code = 'E_ADDON';
    throw error;
  }
}

export const {
  loadObject,
  structLayout,
  close,
  mapCreate,
  mapGet,
  mapPut,
  mapDelete,
  mapNextKey,
  mapPutBatch,
  mapDeleteBatch,
  mapDump,
  mapDumpPart,
  mapMmap,
  mapUnmap,
  mapFreeze,
  possibleCpus,
  pin,
  openPinned,
  mapInfo,
  programInfo,
  enableStatistics,
  linkInfo,
  programById,
  mapById,
  tcxAttach,
  tcxQuery,
  netfilterAttach,
  linkUpdate,
  linkDetach,
  tcEnsureClsact,
  tcAttach,
  tcQuery,
  tcDetach,
  testRun,
  ringOpen,
  ringDrain,
  netlinkOpen,
  netlinkRequest,
  netlinkListen,
  interfaceIndex,
  interfaceName,
} = load();
