/* Maps: single elements, batches, dumps, memory. */
#pragma once

#include <bpf/bpf.h>
#include <node_api.h>

#include <string>

#include "arguments.h"

namespace postern {

napi_value map_create(napi_env env, napi_callback_info info);
napi_value map_get(napi_env env, napi_callback_info info);
napi_value map_put(napi_env env, napi_callback_info info);
napi_value map_delete(napi_env env, napi_callback_info info);
napi_value map_next_key(napi_env env, napi_callback_info info);
napi_value map_put_batch(napi_env env, napi_callback_info info);
napi_value map_delete_batch(napi_env env, napi_callback_info info);
napi_value map_dump(napi_env env, napi_callback_info info);
napi_value map_dump_part(napi_env env, napi_callback_info info);
napi_value map_mmap(napi_env env, napi_callback_info info);
napi_value map_unmap(napi_env env, napi_callback_info info);
napi_value map_freeze(napi_env env, napi_callback_info info);
napi_value possible_cpus(napi_env env, napi_callback_info info);

/*
 * A map as the kernel describes it now. Asked for on every call, since the kernel reads and writes as many bytes as it
 * knows, whatever JavaScript gave, and a descriptor's number may have come to mean another map.
 */
struct MapShape {
  int fd = -1;
  uint32_t type = 0;
  uint32_t key_size = 0;
  /* As user space sees it: for a per-CPU map all CPUs together. */
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  std::string name;
};

/* False with the error thrown. */
bool read_shape(Arguments &args, MapShape &shape);
/* False with a TypeError thrown. */
bool check_size(Arguments &args, Bytes bytes, uint64_t wanted, const char *what);

}  // namespace postern
