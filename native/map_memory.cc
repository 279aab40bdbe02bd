/* Array maps as memory that is shared with the kernel. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "build.h"
#include "error.h"
#include "map.h"

namespace postern {
namespace {

void unmap(napi_env, void *memory, void *length) { munmap(memory, reinterpret_cast<size_t>(length)); }

}  // namespace

napi_value map_mmap(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapMmap");
  MapShape map;
  if (!read_shape(args, map)) return nullptr;
  /* Elements stand at multiples of eight bytes. */
  size_t size = static_cast<size_t>((map.value_size + 7) / 8 * 8) * map.max_entries;
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t length = (size + page - 1) / page * page;
  void *memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd, 0);
  if (memory == MAP_FAILED) return throw_errno(env, errno, "mmap", map.name);
  napi_value result = nullptr;
  napi_status status = napi_create_external_arraybuffer(env, memory, size, unmap, reinterpret_cast<void *>(length),
                                                        &result);
  if (status == napi_ok) return result;
  munmap(memory, length);
  return throw_errno(env, ENOMEM, "napi_create_external_arraybuffer", map.name);
}

napi_value map_unmap(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "mapUnmap");
  bool memory = false;
  if (args.at(0) != nullptr) napi_is_arraybuffer(env, args.at(0), &memory);
  /* Detached, so that no view can reach the memory any more; its finalizer then takes the mapping down. */
  if (!memory || napi_detach_arraybuffer(env, args.at(0)) != napi_ok)
    args.reject("memory", "an ArrayBuffer of mapMmap");
  return nullptr;
}

}  // namespace postern
