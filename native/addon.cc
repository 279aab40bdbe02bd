/* The table of what the addon exports; `index.d.ts` says what each function does. */
#include <node_api.h>

#include "descriptor.h"
#include "interface_name.h"
#include "libbpf_log.h"
#include "link.h"
#include "map.h"
#include "netlink.h"
#include "object.h"
#include "ring.h"
#include "tc.h"
#include "test_run.h"

namespace {

struct Export {
  const char *name;
  napi_callback function;
};

constexpr Export kExports[] = {
    {"loadObject", postern::load_object},
    {"structLayout", postern::struct_layout},

    {"mapCreate", postern::map_create},
    {"mapGet", postern::map_get},
    {"mapPut", postern::map_put},
    {"mapDelete", postern::map_delete},
    {"mapNextKey", postern::map_next_key},
    {"mapPutBatch", postern::map_put_batch},
    {"mapDeleteBatch", postern::map_delete_batch},
    {"mapDump", postern::map_dump},
    {"mapDumpPart", postern::map_dump_part},
    {"mapMmap", postern::map_mmap},
    {"mapUnmap", postern::map_unmap},
    {"mapFreeze", postern::map_freeze},
    {"possibleCpus", postern::possible_cpus},

    {"close", postern::close_fd},
    {"pin", postern::pin},
    {"openPinned", postern::open_pinned},
    {"mapInfo", postern::map_info},
    {"programInfo", postern::program_info},
    {"enableStatistics", postern::enable_statistics},
    {"linkInfo", postern::link_info},
    {"programById", postern::program_by_id},
    {"mapById", postern::map_by_id},

    {"tcxAttach", postern::tcx_attach},
    {"tcxQuery", postern::tcx_query},
    {"netfilterAttach", postern::netfilter_attach},
    {"linkUpdate", postern::link_update},
    {"linkDetach", postern::link_detach},

    {"tcEnsureClsact", postern::tc_ensure_clsact},
    {"tcAttach", postern::tc_attach},
    {"tcQuery", postern::tc_query},
    {"tcDetach", postern::tc_detach},

    {"testRun", postern::test_run},

    {"ringOpen", postern::ring_open},
    {"ringDrain", postern::ring_drain},

    {"netlinkOpen", postern::netlink_open},
    {"netlinkRequest", postern::netlink_request},
    {"netlinkListen", postern::netlink_listen},
    {"interfaceIndex", postern::interface_index},
    {"interfaceName", postern::interface_name},
};

}  // namespace

NAPI_MODULE_INIT() {
  postern::capture_libbpf_output();
  postern::register_program_sections();
  for (const Export &entry : kExports) {
    napi_value function = nullptr;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, nullptr, &function);
    napi_set_named_property(env, exports, entry.name, function);
  }
  return exports;
}
