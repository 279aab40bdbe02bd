/* Maps: many elements in one call, one by one where the map type has no batch operation. */
#include <errno.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "build.h"
#include "error.h"
#include "map.h"

namespace postern {
namespace {

/* 524: ENOTSUPP, by which the kernel says that the map type lacks the operation; EINVAL: before kernel 5.6. */
bool lacks_batches(int error) { return error == 524 || error == EOPNOTSUPP || error == EINVAL; }

struct Dump {
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  uint32_t count = 0;
};

int dump_singly(const MapShape &map, Dump &dump) {
  std::vector<uint8_t> key(map.key_size), next(map.key_size), value(map.value_size);
  dump = {};
  int result = bpf_map_get_next_key(map.fd, nullptr, next.data());
  while (result == 0) {
    key = next;
    if (bpf_map_lookup_elem(map.fd, key.data(), value.data()) == 0) {
      dump.keys.insert(dump.keys.end(), key.begin(), key.end());
      dump.values.insert(dump.values.end(), value.begin(), value.end());
      dump.count += 1;
    } else if (errno != ENOENT) {
      return errno;
    }
    /* A key that was deleted meanwhile starts the walk anew: it must end, also where the map is refilled for ever. */
    if (dump.count > 2 * static_cast<uint64_t>(map.max_entries)) return 0;
    result = bpf_map_get_next_key(map.fd, key.data(), next.data());
  }
  return errno == ENOENT ? 0 : errno;
}

int dump_by_batches(const MapShape &map, Dump &dump) {
  /* The place in the map: a bucket's number for hashes, a key for other types. */
  std::vector<uint8_t> place(std::max<uint32_t>(map.key_size, 8));
  uint32_t room = std::min<uint32_t>(map.max_entries, 4096);
  bool started = false;
  for (;;) {
    uint32_t count = room;
    dump.keys.resize(static_cast<size_t>(dump.count + count) * map.key_size);
    dump.values.resize(static_cast<size_t>(dump.count + count) * map.value_size);
    int result = bpf_map_lookup_batch(map.fd, started ? place.data() : nullptr, place.data(),
                                      dump.keys.data() + static_cast<size_t>(dump.count) * map.key_size,
                                      dump.values.data() + static_cast<size_t>(dump.count) * map.value_size, &count,
                                      nullptr);
    int error = result == 0 ? 0 : errno;
    if (error == ENOSPC) { /* one bucket holds more than there was room for */
      room *= 2;
      continue;
    }
    if (error != 0 && error != ENOENT) return error;
    started = true;
    dump.count += count;
    if (error == ENOENT || count == 0) break;
  }
  dump.keys.resize(static_cast<size_t>(dump.count) * map.key_size);
  dump.values.resize(static_cast<size_t>(dump.count) * map.value_size);
  return 0;
}

}  // namespace

napi_value map_put_batch(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapPutBatch");
  MapShape map;
  Bytes keys = args.bytes(1, "keys");
  Bytes values = args.bytes(2, "values");
  uint32_t count = args.u32(3, "count");
  uint32_t flags = args.absent(4) ? 0 : args.u32(4, "flags");
  if (!read_shape(args, map) || !check_size(args, keys, uint64_t{count} * map.key_size, "keys") ||
      !check_size(args, values, uint64_t{count} * map.value_size, "values"))
    return nullptr;
  if (count == 0) return nullptr;

  /* The kernel's batches take no BPF_NOEXIST or BPF_EXIST. */
  if (flags == 0) {
    uint32_t done = count;
    if (bpf_map_update_batch(map.fd, keys.data, values.data, &done, nullptr) == 0) return nullptr;
    if (!lacks_batches(errno)) return throw_errno(env, errno, "BPF_MAP_UPDATE_BATCH", map.name);
  }
  for (uint32_t index = 0; index < count; index += 1) {
    if (bpf_map_update_elem(map.fd, keys.data + static_cast<size_t>(index) * map.key_size,
                            values.data + static_cast<size_t>(index) * map.value_size, flags) != 0)
      return throw_errno(env, errno, "BPF_MAP_UPDATE_ELEM", map.name);
  }
  return nullptr;
}

napi_value map_delete_batch(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapDeleteBatch");
  MapShape map;
  Bytes keys = args.bytes(1, "keys");
  uint32_t count = args.u32(2, "count");
  if (!read_shape(args, map) || !check_size(args, keys, uint64_t{count} * map.key_size, "keys")) return nullptr;

  uint32_t deleted = 0;
  bool batches = true;
  for (uint32_t at = 0; at < count;) {
    uint8_t *rest = keys.data + static_cast<size_t>(at) * map.key_size;
    uint32_t done = 0;
    int error = 0;
    if (batches) {
      done = count - at;
      error = bpf_map_delete_batch(map.fd, rest, &done, nullptr) == 0 ? 0 : errno;
      if (error != 0 && lacks_batches(error)) {
        batches = false;
        continue;
      }
      if (error == EFAULT) done = 0;
    } else {
      error = bpf_map_delete_elem(map.fd, rest) == 0 ? 0 : errno;
      done = error == 0 ? 1 : 0;
    }
    deleted += done;
    at += done;
    if (error == ENOENT) at += 1; /* the kernel stops at a key that is not there */
    if (error != 0 && error != ENOENT)
      return throw_errno(env, error, batches ? "BPF_MAP_DELETE_BATCH" : "BPF_MAP_DELETE_ELEM", map.name);
  }
  return make_number(env, deleted);
}

napi_value map_dump(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapDump");
  MapShape map;
  if (!read_shape(args, map)) return nullptr;
  Dump dump;
  int error = dump_by_batches(map, dump);
  /* EINTR: generic batches give up where rows vanish faster than they look. */
  if (lacks_batches(error) || error == EINTR) error = dump_singly(map, dump);
  if (error != 0) return throw_errno(env, error, "BPF_MAP_LOOKUP_BATCH", map.name);
  return ObjectBuilder(env)
      .field("keys", make_buffer(env, dump.keys.data(), dump.keys.size()))
      .field("values", make_buffer(env, dump.values.data(), dump.values.size()))
      .number("count", dump.count)
      .value();
}

}  // namespace postern
