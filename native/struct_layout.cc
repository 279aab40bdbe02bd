/* Reading the offsets and sizes of a struct's members from an object's BTF. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "libbpf_log.h"
#include "object.h"

namespace postern {
namespace {

napi_value make_extent(napi_env env, uint32_t offset, int64_t size) {
  napi_value pair = nullptr;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, make_number(env, offset));
  napi_set_element(env, pair, 1, make_number(env, static_cast<double>(size)));
  return pair;
}

/* Members of anonymous structs and unions are written as C reaches them: as members of what holds them. */
void add_members(napi_env env, ObjectBuilder &layout, const struct btf *btf, const struct btf_type *type,
                 uint32_t base) {
  for (uint32_t index = 0; index < btf_vlen(type); index += 1) {
    const struct btf_member *member = btf_members(type) + index;
    uint32_t offset = base + btf_member_bit_offset(type, index) / 8;
    const char *name = btf__name_by_offset(btf, member->name_off);
    if (name != nullptr && name[0] != '\0') {
      layout.field(name, make_extent(env, offset, btf__resolve_size(btf, member->type)));
      continue;
    }
    int inner = btf__resolve_type(btf, member->type);
    const struct btf_type *nested = inner < 0 ? nullptr : btf__type_by_id(btf, static_cast<uint32_t>(inner));
    if (nested != nullptr && btf_is_composite(nested)) add_members(env, layout, btf, nested, offset);
  }
}

}  // namespace

napi_value struct_layout(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "structLayout");
  Bytes elf = args.bytes(0, "elf");
  std::string name = args.text(1, "struct");
  if (args.failed()) return nullptr;

  LibbpfLog log;
  struct bpf_object *object = bpf_object__open_mem(elf.data, elf.size, nullptr);
  if (object == nullptr) return throw_errno(env, errno, "bpf_object__open", name, log.text());

  const struct btf *btf = bpf_object__btf(object);
  int id = btf == nullptr ? -ENOENT : btf__find_by_name_kind(btf, name.c_str(), BTF_KIND_STRUCT);
  napi_value result = nullptr;
  if (id < 0) {
    throw_errno(env, -id, "btf__find_by_name_kind", name);
  } else {
    const struct btf_type *type = btf__type_by_id(btf, static_cast<uint32_t>(id));
    ObjectBuilder layout(env);
    layout.field("", make_extent(env, 0, type->size));
    add_members(env, layout, btf, type, 0);
    result = layout.value();
  }
  bpf_object__close(object);
  return result;
}

}  // namespace postern
