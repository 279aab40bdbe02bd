/* Making JavaScript values out of C ones. */
#pragma once

#include <node_api.h>
#include <stddef.h>

#include <string>
#include <vector>

namespace postern {

napi_value make_number(napi_env env, double value);
napi_value make_text(napi_env env, const std::string &value);
napi_value make_boolean(napi_env env, bool value);
napi_value make_undefined(napi_env env);
napi_value make_buffer(napi_env env, const void *data, size_t size);
napi_value make_numbers(napi_env env, const std::vector<uint32_t> &values);

/* Sets fields of an object, one after the other. */
class ObjectBuilder {
 public:
  explicit ObjectBuilder(napi_env env);
  ObjectBuilder(napi_env env, napi_value object) : env_(env), object_(object) {}

  ObjectBuilder &number(const char *name, double value) { return field(name, make_number(env_, value)); }
  ObjectBuilder &text(const char *name, const std::string &value) { return field(name, make_text(env_, value)); }
  ObjectBuilder &field(const char *name, napi_value value);
  napi_value value() const { return object_; }

 private:
  napi_env env_;
  napi_value object_;
};

}  // namespace postern
