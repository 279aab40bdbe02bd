/* Making JavaScript values out of C ones. */
#include "build.h"

namespace postern {

napi_value make_number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value make_text(napi_env env, const std::string &value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &result);
  return result;
}

napi_value make_boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value make_undefined(napi_env env) {
  napi_value result = nullptr;
  napi_get_undefined(env, &result);
  return result;
}

napi_value make_buffer(napi_env env, const void *data, size_t size) {
  napi_value result = nullptr;
  napi_create_buffer_copy(env, size, data, nullptr, &result);
  return result;
}

napi_value make_numbers(napi_env env, const std::vector<uint32_t> &values) {
  napi_value result = nullptr;
  napi_create_array_with_length(env, values.size(), &result);
  for (uint32_t index = 0; index < values.size(); index += 1)
    napi_set_element(env, result, index, make_number(env, values[index]));
  return result;
}

ObjectBuilder::ObjectBuilder(napi_env env) : env_(env), object_(nullptr) { napi_create_object(env, &object_); }

ObjectBuilder &ObjectBuilder::field(const char *name, napi_value value) {
  napi_set_named_property(env_, object_, name, value);
  return *this;
}

}  // namespace postern
