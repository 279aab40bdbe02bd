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

enum Way : uint8_t { kByBatches = 0, kSingly = 1 };

/* Where a part of a map ended. The place is a bucket's number for batches of hashes, else a key. */
struct Cursor {
  Way way = kByBatches;
  bool started = false;
  std::vector<uint8_t> place;

  explicit Cursor(const MapShape &map) : place(std::max<size_t>(map.key_size, 8)) {}
  const uint8_t *after() const { return started ? place.data() : nullptr; }
};

void set_rows(const MapShape &map, Dump &dump, uint32_t rows) {
  dump.keys.resize(static_cast<size_t>(rows) * map.key_size);
  dump.values.resize(static_cast<size_t>(rows) * map.value_size);
}

int add_by_batch(const MapShape &map, Cursor &cursor, uint32_t room, Dump &dump, bool &done) {
  std::vector<uint8_t> next(cursor.place.size());
  for (;;) {
    uint32_t count = room;
    set_rows(map, dump, dump.count + room);
    int result = bpf_map_lookup_batch(map.fd, const_cast<uint8_t *>(cursor.after()), next.data(),
                                      dump.keys.data() + static_cast<size_t>(dump.count) * map.key_size,
                                      dump.values.data() + static_cast<size_t>(dump.count) * map.value_size, &count,
                                      nullptr);
    int error = result == 0 ? 0 : errno;
    if (error == ENOSPC) { /* one bucket holds more than there was room for */
      room *= 2;
      continue;
    }
    dump.count += error == 0 || error == ENOENT ? count : 0;
    set_rows(map, dump, dump.count);
    if (error != 0 && error != ENOENT) return error;
    done = error == ENOENT || count == 0;
    cursor.place = next;
    cursor.started = true;
    return 0;
  }
}

int add_singly(const MapShape &map, Cursor &cursor, uint32_t room, Dump &dump, bool &done) {
  std::vector<uint8_t> next(map.key_size), value(map.value_size);
  cursor.way = kSingly;
  for (uint32_t step = 0; step < room; step += 1) {
    if (bpf_map_get_next_key(map.fd, cursor.after(), next.data()) != 0) {
      done = errno == ENOENT;
      return done ? 0 : errno;
    }
    std::copy(next.begin(), next.end(), cursor.place.begin());
    cursor.started = true;
    if (bpf_map_lookup_elem(map.fd, next.data(), value.data()) == 0) {
      dump.keys.insert(dump.keys.end(), next.begin(), next.end());
      dump.values.insert(dump.values.end(), value.begin(), value.end());
      dump.count += 1;
    } else if (errno != ENOENT) {
      return errno;
    }
  }
  return 0;
}

/* Adds about `room` rows, and says in `done` whether these were the last. */
int add_part(const MapShape &map, Cursor &cursor, uint32_t room, Dump &dump, bool &done) {
  room = std::max<uint32_t>(std::min(room, map.max_entries), 1);
  int error = cursor.way == kSingly ? EOPNOTSUPP : add_by_batch(map, cursor, room, dump, done);
  /* EINTR: generic batches give up where rows vanish faster than they look. Their place is a key. */
  return lacks_batches(error) || error == EINTR ? add_singly(map, cursor, room, dump, done) : error;
}

ObjectBuilder describe(napi_env env, const Dump &dump) {
  ObjectBuilder fields(env);
  fields.field("keys", make_buffer(env, dump.keys.data(), dump.keys.size()))
      .field("values", make_buffer(env, dump.values.data(), dump.values.size()))
      .number("count", dump.count);
  return fields;
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
  Cursor cursor(map);
  Dump dump;
  /* A key that was deleted meanwhile starts the walk anew: it must end, also where the map is refilled for ever. */
  for (bool done = false; !done && dump.count <= 2 * static_cast<uint64_t>(map.max_entries);) {
    if (int error = add_part(map, cursor, 4096, dump, done))
      return throw_errno(env, error, "BPF_MAP_LOOKUP_BATCH", map.name);
  }
  return describe(env, dump).value();
}

napi_value map_dump_part(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapDumpPart");
  MapShape map;
  Bytes given = args.absent(1) ? Bytes{} : args.bytes(1, "cursor");
  uint32_t count = args.u32(2, "count");
  if (!read_shape(args, map)) return nullptr;
  Cursor cursor(map);
  if (given.data != nullptr) {
    if (!check_size(args, given, 1 + cursor.place.size(), "cursor")) return nullptr;
    cursor.way = given.data[0] == kSingly ? kSingly : kByBatches;
    cursor.started = true;
    std::copy(given.data + 1, given.data + given.size, cursor.place.begin());
  }
  Dump dump;
  bool done = false;
  if (int error = add_part(map, cursor, count, dump, done))
    return throw_errno(env, error, "BPF_MAP_LOOKUP_BATCH", map.name);
  ObjectBuilder fields = describe(env, dump);
  if (!done) {
    cursor.place.insert(cursor.place.begin(), cursor.way);
    fields.field("cursor", make_buffer(env, cursor.place.data(), cursor.place.size()));
  }
  return fields.value();
}

}  // namespace postern
