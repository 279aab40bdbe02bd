/* BPF links: tcx, netfilter, and what can be done with any link. */
#include "link.h"

#include <bpf/bpf.h>
#include <errno.h>

#include <vector>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "kernel_bpf.h"

namespace postern {
namespace {

uint32_t tcx_type(bool inward) { return inward ? kAttachTcxIngress : kAttachTcxEgress; }

std::string interface_name(uint32_t ifindex, bool inward) {
  return "ifindex " + std::to_string(ifindex) + (inward ? " in" : " out");
}

}  // namespace

napi_value tcx_attach(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcxAttach");
  uint32_t ifindex = args.u32(0, "ifindex");
  bool inward = args.inward(1, "hook");
  int program = args.fd(2, "program");
  bool first = args.boolean(3, "first");
  if (args.failed()) return nullptr;
  TcxLinkCreate create = {};
  create.prog_fd = static_cast<uint32_t>(program);
  create.target_ifindex = ifindex;
  create.attach_type = tcx_type(inward);
  create.flags = first ? kFlagBefore : 0;
  int link = bpf_call(BPF_LINK_CREATE, &create);
  return link < 0 ? throw_errno(env, -link, "BPF_LINK_CREATE", interface_name(ifindex, inward))
                  : make_number(env, link);
}

napi_value tcx_query(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "tcxQuery");
  uint32_t ifindex = args.u32(0, "ifindex");
  bool inward = args.inward(1, "hook");
  if (args.failed()) return nullptr;

  /* The kernel lets at most 64 programs stand at one hook (BPF_MPROG_MAX). */
  std::vector<uint32_t> programs(64), links(64);
  TcxQuery query = {};
  query.target_ifindex = ifindex;
  query.attach_type = tcx_type(inward);
  query.count = static_cast<uint32_t>(programs.size());
  query.prog_ids = to_pointer(programs.data());
  query.link_ids = to_pointer(links.data());
  int result = bpf_call(BPF_PROG_QUERY, &query);
  /* Nothing was ever attached here, or has been since the last program left. */
  if (result == -ENOENT) query.count = 0;
  else if (result < 0) return throw_errno(env, -result, "BPF_PROG_QUERY", interface_name(ifindex, inward));
  programs.resize(query.count);
  links.resize(query.count);
  napi_value revision = nullptr;
  napi_create_bigint_uint64(env, query.revision, &revision);
  return ObjectBuilder(env)
      .field("programIds", make_numbers(env, programs))
      .field("linkIds", make_numbers(env, links))
      .field("revision", revision)
      .value();
}

napi_value netfilter_attach(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "netfilterAttach");
  NetfilterLinkCreate create = {};
  create.family = args.u32(0, "family");
  create.hook = args.u32(1, "hook");
  create.priority = args.i32(2, "priority");
  create.prog_fd = static_cast<uint32_t>(args.fd(3, "program"));
  create.attach_type = kAttachNetfilter;
  if (args.failed()) return nullptr;
  int link = bpf_call(BPF_LINK_CREATE, &create);
  if (link >= 0) return make_number(env, link);
  return throw_errno(env, -link, "BPF_LINK_CREATE",
                     "netfilter family " + std::to_string(create.family) + " hook " + std::to_string(create.hook));
}

napi_value link_update(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "linkUpdate");
  int link = args.fd(0, "link");
  int program = args.fd(1, "program");
  if (args.failed()) return nullptr;
  if (bpf_link_update(link, program, nullptr) == 0) return nullptr;
  return throw_errno(env, errno, "BPF_LINK_UPDATE", "link fd " + std::to_string(link));
}

napi_value link_detach(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "linkDetach");
  int link = args.fd(0, "link");
  if (args.failed()) return nullptr;
  if (bpf_link_detach(link) == 0) return nullptr;
  return throw_errno(env, errno, "BPF_LINK_DETACH", "link fd " + std::to_string(link));
}

}  // namespace postern
