/* The clsact qdisc and its cls_bpf filters, for kernels without tcx. */
#include "tc.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "libbpf_log.h"

namespace postern {
namespace {

struct Place {
  uint32_t ifindex = 0;
  bool inward = false;
  uint32_t priority = 0;
  uint32_t handle = 0;

  struct bpf_tc_hook hook() const {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex),
                .attach_point = inward ? BPF_TC_INGRESS : BPF_TC_EGRESS);
    return hook;
  }
  std::string name() const {
    return "ifindex " + std::to_string(ifindex) + (inward ? " in" : " out") + " priority " + std::to_string(priority) +
           " handle " + std::to_string(handle);
  }
};

/* Zero would ask the kernel to choose, and then nobody could find the filter again. */
Place read_place(Arguments &args, size_t filter) {
  Place place;
  place.ifindex = args.u32(0, "ifindex");
  place.inward = args.inward(1, "hook");
  place.priority = args.u32(filter, "priority");
  place.handle = args.u32(filter + 1, "handle");
  if (place.priority < 1 || place.priority > 65535) args.reject("priority", "from 1 to 65535");
  if (place.handle < 1) args.reject("handle", "above 0");
  return place;
}

/* ENOENT: no such filter. EINVAL: no clsact qdisc, or no filter at all at the hook. */
bool is_absent(int error) { return error == -ENOENT || error == -EINVAL; }

}  // namespace

napi_value tc_ensure_clsact(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcEnsureClsact");
  uint32_t ifindex = args.u32(0, "ifindex");
  if (args.failed()) return nullptr;
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex),
              .attach_point = static_cast<enum bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  LibbpfLog log;
  int error = bpf_tc_hook_create(&hook);
  if (error == 0 || error == -EEXIST) return make_boolean(env, error == 0);
  return throw_errno(env, -error, "RTM_NEWQDISC", "ifindex " + std::to_string(ifindex), log.text());
}

napi_value tc_attach(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcAttach");
  Place place = read_place(args, 3);
  int program = args.fd(2, "program");
  bool replace = args.boolean(5, "replace");
  if (args.failed()) return nullptr;
  struct bpf_tc_hook hook = place.hook();
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .flags = static_cast<uint32_t>(replace ? BPF_TC_F_REPLACE : 0),
              .handle = place.handle, .priority = place.priority);
  LibbpfLog log;
  int error = bpf_tc_attach(&hook, &options);
  return error == 0 ? nullptr : throw_errno(env, -error, "RTM_NEWTFILTER", place.name(), log.text());
}

napi_value tc_query(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcQuery");
  Place place = read_place(args, 2);
  if (args.failed()) return nullptr;
  struct bpf_tc_hook hook = place.hook();
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = place.handle, .priority = place.priority);
  LibbpfLog log;
  int error = bpf_tc_query(&hook, &options);
  if (is_absent(error)) return nullptr;
  if (error != 0) return throw_errno(env, -error, "RTM_GETTFILTER", place.name(), log.text());
  return ObjectBuilder(env)
      .number("priority", options.priority)
      .number("handle", options.handle)
      .number("programId", options.prog_id)
      .value();
}

napi_value tc_detach(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcDetach");
  Place place = read_place(args, 2);
  if (args.failed()) return nullptr;
  struct bpf_tc_hook hook = place.hook();
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = place.handle, .priority = place.priority);
  LibbpfLog log;
  int error = bpf_tc_detach(&hook, &options);
  if (error == 0 || is_absent(error)) return make_boolean(env, error == 0);
  return throw_errno(env, -error, "RTM_DELTFILTER", place.name(), log.text());
}

}  // namespace postern
