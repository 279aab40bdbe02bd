/* Loading an ELF object of maps and programs. */
#include "object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "kernel_bpf.h"
#include "libbpf_log.h"

namespace postern {
namespace {

struct Failure {
  int error = 0;
  const char *operation = "";
  std::string object;
};

/* `.rodata.settings` keeps its name; libbpf calls `.rodata` of object `policy` `policy.rodata`. */
std::string map_key(const struct bpf_map *map) {
  std::string name = bpf_map__name(map);
  if (!bpf_map__is_internal(map) || name[0] == '.') return name;
  size_t dot = name.rfind('.');
  return dot == std::string::npos ? name : name.substr(dot);
}

struct bpf_map *find_map(struct bpf_object *object, const std::string &key) {
  struct bpf_map *map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (map_key(map) == key) return map;
  }
  return nullptr;
}

/* True on success. */
bool apply_map_options(Reader &reader, struct bpf_map *map, const std::string &name, napi_value options,
                       Failure &failure) {
  napi_value entries = reader.field(options, "maxEntries");
  if (!reader.absent(entries)) {
    int error = bpf_map__set_max_entries(map, reader.u32(entries, "maxEntries"));
    if (error != 0) failure = {-error, "bpf_map__set_max_entries", name};
  }
  napi_value reuse = reader.field(options, "reuseFd");
  if (failure.error == 0 && !reader.absent(reuse)) {
    int error = bpf_map__reuse_fd(map, reader.i32(reuse, "reuseFd"));
    if (error != 0) failure = {-error, "bpf_map__reuse_fd", name};
  }
  napi_value initial = reader.field(options, "initialValue");
  if (failure.error == 0 && !reader.absent(initial)) {
    Bytes given = reader.bytes(initial, "initialValue");
    size_t size = 0;
    const void *held = bpf_map__initial_value(map, &size);
    if (held == nullptr || given.size > size) {
      failure = {EINVAL, "bpf_map__set_initial_value", name};
    } else if (!reader.failed()) {
      std::vector<uint8_t> value(static_cast<const uint8_t *>(held), static_cast<const uint8_t *>(held) + size);
      std::copy(given.data, given.data + given.size, value.begin());
      int error = bpf_map__set_initial_value(map, value.data(), size);
      if (error != 0) failure = {-error, "bpf_map__set_initial_value", name};
    }
  }
  return failure.error == 0 && !reader.failed();
}

bool apply_options(Reader &reader, struct bpf_object *object, napi_value options, Failure &failure) {
  napi_value maps = reader.field(options, "maps");
  if (!reader.absent(maps)) {
    for (const std::string &name : reader.keys(maps, "maps")) {
      struct bpf_map *map = find_map(object, name);
      if (map == nullptr) {
        failure = {ENOENT, "bpf_object__find_map_by_name", name};
        return false;
      }
      if (!apply_map_options(reader, map, name, reader.field(maps, name.c_str()), failure)) return false;
    }
  }
  napi_value skipped = reader.field(options, "skipPrograms");
  if (!reader.absent(skipped)) {
    for (const std::string &name : reader.texts(skipped, "skipPrograms")) {
      struct bpf_program *program = bpf_object__find_program_by_name(object, name.c_str());
      if (program == nullptr) {
        failure = {ENOENT, "bpf_object__find_program_by_name", name};
        return false;
      }
      bpf_program__set_autoload(program, false);
    }
  }
  return !reader.failed();
}

int duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

/* Descriptors duplicated so far, closed again unless all went well. */
class Duplicates {
 public:
  ~Duplicates() {
    for (int fd : fds_) close(fd);
  }
  int add(int fd) {
    int copy = duplicate(fd);
    if (copy >= 0) fds_.push_back(copy);
    return copy;
  }
  void release() { fds_.clear(); }

 private:
  std::vector<int> fds_;
};

napi_value list_maps(napi_env env, struct bpf_object *object, Duplicates &duplicates, Failure &failure) {
  ObjectBuilder maps(env);
  struct bpf_map *map = nullptr;
  bpf_object__for_each_map(map, object) {
    std::string name = map_key(map);
    int fd = duplicates.add(bpf_map__fd(map));
    if (fd < 0) {
      failure = {errno, "dup", name};
      return nullptr;
    }
    ObjectBuilder fields(env);
    fields.number("fd", fd)
        .number("type", bpf_map__type(map))
        .number("keySize", bpf_map__key_size(map))
        .number("valueSize", bpf_map__value_size(map))
        .number("maxEntries", bpf_map__max_entries(map));
    maps.field(name.c_str(), fields.value());
  }
  return maps.value();
}

napi_value list_programs(napi_env env, struct bpf_object *object, Duplicates &duplicates, Failure &failure) {
  ObjectBuilder programs(env);
  struct bpf_program *program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (!bpf_program__autoload(program)) continue;
    const char *name = bpf_program__name(program);
    int fd = duplicates.add(bpf_program__fd(program));
    struct bpf_prog_info info = {};
    uint32_t size = sizeof(info);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) {
      failure = {errno, fd < 0 ? "dup" : "BPF_OBJ_GET_INFO_BY_FD", name};
      return nullptr;
    }
    ObjectBuilder fields(env);
    fields.number("fd", fd)
        .number("verifiedInstructions", info.verified_insns)
        .number("jitedBytes", info.jited_prog_len);
    programs.field(name, fields.value());
  }
  return programs.value();
}

/* Open, load and list. Null with `failure` set, or with the reader failed, where that did not work. */
napi_value load(Reader &reader, Bytes elf, const std::string &name, napi_value options, Failure &failure) {
  LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = name.c_str());
  napi_value level = reader.field(options, "logLevel");
  if (!reader.absent(level)) open_options.kernel_log_level = reader.u32(level, "logLevel");
  if (reader.failed()) return nullptr;

  struct bpf_object *object = bpf_object__open_mem(elf.data, elf.size, &open_options);
  if (object == nullptr) {
    failure = {errno, "bpf_object__open", name};
    return nullptr;
  }
  napi_value result = nullptr;
  if (apply_options(reader, object, options, failure)) {
    int error = bpf_object__load(object);
    Duplicates duplicates;
    if (error != 0) failure = {-error, "BPF_PROG_LOAD", name};
    napi_value maps = failure.error == 0 ? list_maps(reader.env(), object, duplicates, failure) : nullptr;
    napi_value programs = failure.error == 0 ? list_programs(reader.env(), object, duplicates, failure) : nullptr;
    if (failure.error == 0) {
      duplicates.release();
      result = ObjectBuilder(reader.env()).field("maps", maps).field("programs", programs).value();
    }
  }
  bpf_object__close(object);
  return result;
}

}  // namespace

void register_program_sections() {
  static const int registered = libbpf_register_prog_handler(
      "netfilter", static_cast<enum bpf_prog_type>(kProgTypeNetfilter),
      static_cast<enum bpf_attach_type>(kAttachNetfilter), nullptr);
  (void)registered;
}

napi_value load_object(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "loadObject");
  Bytes elf = args.bytes(0, "elf");
  napi_value options = args.at(1);
  std::string name = args.Reader::text(args.field(options, "name"), "options.name");
  napi_value level = args.field(options, "logLevel");
  bool verbose = !args.Reader::absent(level) && args.Reader::u32(level, "options.logLevel") > 0;
  if (args.failed()) return nullptr;

  LibbpfLog log(verbose);
  Failure failure;
  napi_value result = load(args, elf, name, options, failure);
  if (args.failed()) return nullptr;
  if (failure.error != 0) return throw_errno(env, failure.error, failure.operation, failure.object, log.text());
  return ObjectBuilder(env, result).text("log", log.text()).value();
}

}  // namespace postern
