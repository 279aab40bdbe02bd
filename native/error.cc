/* System errors as JavaScript errors: code, errno, operation, object, log. */
#include "error.h"

#include <string.h>

#include "build.h"

namespace postern {
namespace {

/* The kernel's own "not supported", which leaks out of BPF commands and has no name in user space. */
constexpr int kKernelNotSupported = 524;

std::string errno_name(int error) {
  if (error == kKernelNotSupported) return "ENOTSUPP";
  const char *name = strerrorname_np(error);
  return name != nullptr ? name : "E" + std::to_string(error);
}

std::string errno_text(int error) {
  if (error == kKernelNotSupported) return "Operation not supported by the kernel";
  const char *text = strerrordesc_np(error);
  return text != nullptr ? text : "unknown error " + std::to_string(error);
}

}  // namespace

napi_value make_error(napi_env env, int error, const char *operation, const std::string &object,
                      const std::string &log) {
  std::string code = errno_name(error);
  std::string message = std::string(operation) + (object.empty() ? "" : " " + object) + ": " + code + ", " +
                        errno_text(error);
  napi_value result = nullptr;
  napi_create_error(env, make_text(env, code), make_text(env, message), &result);
  ObjectBuilder fields(env, result);
  fields.number("errno", error).text("operation", operation).text("object", object);
  if (!log.empty()) fields.text("log", log);
  return result;
}

napi_value throw_errno(napi_env env, int error, const char *operation, const std::string &object,
                       const std::string &log) {
  napi_throw(env, make_error(env, error, operation, object, log));
  return nullptr;
}

}  // namespace postern
