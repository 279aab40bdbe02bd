/* Objects of the kernel by their descriptors: closing, pinning, finding, describing. */
#include "descriptor.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "kernel_bpf.h"

namespace postern {
namespace {

std::string fd_name(int fd) { return "fd " + std::to_string(fd); }

/* Names are filled up with zeroes, and may fill their whole field. */
template <size_t Size>
std::string kernel_name(const char (&name)[Size]) {
  return std::string(name, strnlen(name, Size));
}

template <typename Info>
int describe(int fd, Info *info) {
  uint32_t size = sizeof(*info);
  return bpf_obj_get_info_by_fd(fd, info, &size) == 0 ? 0 : errno;
}

napi_value open_by_id(napi_env env, napi_callback_info info, const char *function, const char *operation,
                      int (*open)(uint32_t)) {
  Arguments args(env, info, function);
  uint32_t id = args.u32(0, "id");
  if (args.failed()) return nullptr;
  int fd = open(id);
  return fd < 0 ? throw_errno(env, errno, operation, "id " + std::to_string(id)) : make_number(env, fd);
}

}  // namespace

napi_value close_fd(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "close");
  int fd = args.fd(0, "fd");
  if (args.failed()) return nullptr;
  return close(fd) == 0 ? nullptr : throw_errno(env, errno, "close", fd_name(fd));
}

napi_value pin(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "pin");
  int fd = args.fd(0, "fd");
  std::string path = args.text(1, "path");
  if (args.failed()) return nullptr;
  return bpf_obj_pin(fd, path.c_str()) == 0 ? nullptr : throw_errno(env, errno, "BPF_OBJ_PIN", path);
}

napi_value open_pinned(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "openPinned");
  std::string path = args.text(0, "path");
  if (args.failed()) return nullptr;
  int fd = bpf_obj_get(path.c_str());
  return fd < 0 ? throw_errno(env, errno, "BPF_OBJ_GET", path) : make_number(env, fd);
}

napi_value map_info(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapInfo");
  int fd = args.fd(0, "fd");
  if (args.failed()) return nullptr;
  struct bpf_map_info map = {};
  if (int error = describe(fd, &map)) return throw_errno(env, error, "BPF_OBJ_GET_INFO_BY_FD", fd_name(fd));
  return ObjectBuilder(env)
      .number("id", map.id)
      .number("type", map.type)
      .number("keySize", map.key_size)
      .number("valueSize", map.value_size)
      .number("maxEntries", map.max_entries)
      .number("flags", map.map_flags)
      .text("name", kernel_name(map.name))
      .value();
}

napi_value program_info(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "programInfo");
  int fd = args.fd(0, "fd");
  if (args.failed()) return nullptr;
  struct bpf_prog_info program = {};
  if (int error = describe(fd, &program)) return throw_errno(env, error, "BPF_OBJ_GET_INFO_BY_FD", fd_name(fd));
  std::vector<uint32_t> maps(program.nr_map_ids);
  program = {};
  program.nr_map_ids = static_cast<uint32_t>(maps.size());
  program.map_ids = to_pointer(maps.data());
  if (int error = describe(fd, &program)) return throw_errno(env, error, "BPF_OBJ_GET_INFO_BY_FD", fd_name(fd));

  char tag[2 * BPF_TAG_SIZE + 1] = "";
  for (size_t index = 0; index < BPF_TAG_SIZE; index += 1) snprintf(tag + 2 * index, 3, "%02x", program.tag[index]);
  return ObjectBuilder(env)
      .number("id", program.id)
      .number("type", program.type)
      .text("name", kernel_name(program.name))
      .text("tag", tag)
      .field("mapIds", make_numbers(env, maps))
      .number("verifiedInstructions", program.verified_insns)
      .number("jitedBytes", program.jited_prog_len)
      .number("runs", static_cast<double>(program.run_cnt))
      .number("runNanoseconds", static_cast<double>(program.run_time_ns))
      .value();
}

napi_value enable_statistics(napi_env env, napi_callback_info) {
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) return throw_errno(env, errno, "BPF_ENABLE_STATS", "");
  return make_number(env, fd);
}

napi_value link_info(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "linkInfo");
  int fd = args.fd(0, "fd");
  if (args.failed()) return nullptr;
  LinkInfo link = {};
  if (int error = describe(fd, &link)) return throw_errno(env, error, "BPF_OBJ_GET_INFO_BY_FD", fd_name(fd));
  ObjectBuilder fields(env);
  fields.number("id", link.id).number("type", link.type).number("programId", link.prog_id);
  if (link.type == kLinkTypeTcx) fields.number("ifindex", link.tcx.ifindex).number("attachType", link.tcx.attach_type);
  if (link.type == kLinkTypeNetfilter)
    fields.number("family", link.netfilter.family)
        .number("hook", link.netfilter.hook)
        .number("priority", link.netfilter.priority);
  return fields.value();
}

napi_value program_by_id(napi_env env, napi_callback_info info) {
  return open_by_id(env, info, "programById", "BPF_PROG_GET_FD_BY_ID", bpf_prog_get_fd_by_id);
}

napi_value map_by_id(napi_env env, napi_callback_info info) {
  return open_by_id(env, info, "mapById", "BPF_MAP_GET_FD_BY_ID", bpf_map_get_fd_by_id);
}

}  // namespace postern
