/* Maps: creation and single elements. */
#include "map.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "build.h"
#include "error.h"

namespace postern {
namespace {

bool is_per_cpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

}  // namespace

bool read_shape(Arguments &args, MapShape &shape) {
  shape.fd = args.fd(0, "map");
  if (args.failed()) return false;
  struct bpf_map_info info = {};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(shape.fd, &info, &size) != 0) {
    throw_errno(args.env(), errno, "BPF_OBJ_GET_INFO_BY_FD", "fd " + std::to_string(shape.fd));
    return false;
  }
  shape.type = info.type;
  shape.key_size = info.key_size;
  shape.value_size = info.value_size;
  if (is_per_cpu(info.type))
    shape.value_size = (info.value_size + 7) / 8 * 8 * static_cast<uint32_t>(libbpf_num_possible_cpus());
  shape.max_entries = info.max_entries;
  shape.name = std::string(info.name, strnlen(info.name, sizeof(info.name)));
  return true;
}

bool check_size(Arguments &args, Bytes bytes, uint64_t wanted, const char *what) {
  if (!args.failed() && bytes.size != wanted) args.reject(what, (std::to_string(wanted) + " bytes long").c_str());
  return !args.failed();
}

napi_value map_create(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapCreate");
  napi_value spec = args.at(0);
  std::string name = args.Reader::text(args.field(spec, "name"), "name");
  uint32_t type = args.Reader::u32(args.field(spec, "type"), "type");
  uint32_t key_size = args.Reader::u32(args.field(spec, "keySize"), "keySize");
  uint32_t value_size = args.Reader::u32(args.field(spec, "valueSize"), "valueSize");
  uint32_t max_entries = args.Reader::u32(args.field(spec, "maxEntries"), "maxEntries");
  napi_value flags = args.field(spec, "flags");
  LIBBPF_OPTS(bpf_map_create_opts, options);
  if (!args.Reader::absent(flags)) options.map_flags = args.Reader::u32(flags, "flags");
  if (args.failed()) return nullptr;
  int fd = bpf_map_create(static_cast<enum bpf_map_type>(type), name.c_str(), key_size, value_size, max_entries,
                          &options);
  return fd < 0 ? throw_errno(env, errno, "BPF_MAP_CREATE", name) : make_number(env, fd);
}

napi_value map_get(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapGet");
  MapShape map;
  Bytes key = args.bytes(1, "key");
  Bytes value = args.bytes(2, "value");
  if (!read_shape(args, map) || !check_size(args, key, map.key_size, "key") ||
      !check_size(args, value, map.value_size, "value"))
    return nullptr;
  if (bpf_map_lookup_elem(map.fd, key.data, value.data) == 0) return make_boolean(env, true);
  return errno == ENOENT ? make_boolean(env, false) : throw_errno(env, errno, "BPF_MAP_LOOKUP_ELEM", map.name);
}

napi_value map_put(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapPut");
  MapShape map;
  Bytes key = args.bytes(1, "key");
  Bytes value = args.bytes(2, "value");
  uint32_t flags = args.absent(3) ? 0 : args.u32(3, "flags");
  if (!read_shape(args, map) || !check_size(args, key, map.key_size, "key") ||
      !check_size(args, value, map.value_size, "value"))
    return nullptr;
  if (bpf_map_update_elem(map.fd, key.data, value.data, flags) == 0) return nullptr;
  return throw_errno(env, errno, "BPF_MAP_UPDATE_ELEM", map.name);
}

napi_value map_delete(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapDelete");
  MapShape map;
  Bytes key = args.bytes(1, "key");
  if (!read_shape(args, map) || !check_size(args, key, map.key_size, "key")) return nullptr;
  if (bpf_map_delete_elem(map.fd, key.data) == 0) return make_boolean(env, true);
  return errno == ENOENT ? make_boolean(env, false) : throw_errno(env, errno, "BPF_MAP_DELETE_ELEM", map.name);
}

napi_value map_next_key(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapNextKey");
  MapShape map;
  Bytes key = args.absent(1) ? Bytes{} : args.bytes(1, "key");
  Bytes next = args.bytes(2, "next");
  if (!read_shape(args, map) || !check_size(args, next, map.key_size, "next")) return nullptr;
  if (key.data != nullptr && !check_size(args, key, map.key_size, "key")) return nullptr;
  if (bpf_map_get_next_key(map.fd, key.data, next.data) == 0) return make_boolean(env, true);
  return errno == ENOENT ? make_boolean(env, false) : throw_errno(env, errno, "BPF_MAP_GET_NEXT_KEY", map.name);
}

napi_value map_freeze(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapFreeze");
  int fd = args.fd(0, "map");
  if (args.failed()) return nullptr;
  return bpf_map_freeze(fd) == 0 ? nullptr : throw_errno(env, errno, "BPF_MAP_FREEZE", "fd " + std::to_string(fd));
}

napi_value possible_cpus(napi_env env, napi_callback_info) {
  int count = libbpf_num_possible_cpus();
  return count < 0 ? throw_errno(env, -count, "open", "/sys/devices/system/cpu/possible") : make_number(env, count);
}

}  // namespace postern
