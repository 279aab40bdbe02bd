/* Reading JavaScript arguments. The first wrong one throws a TypeError; later reads then give empty values. */
#include "arguments.h"

#include <math.h>

namespace postern {
namespace {

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  if (value != nullptr) napi_typeof(env, value, &type);
  return type;
}

}  // namespace

void Reader::reject(const char *what, const char *wanted) {
  if (failed_) return;
  failed_ = true;
  std::string message = std::string(function_) + ": " + what + " must be " + wanted;
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message.c_str());
}

bool Reader::absent(napi_value value) const {
  napi_valuetype type = type_of(env_, value);
  return type == napi_undefined || type == napi_null;
}

double Reader::integer(napi_value value, const char *what, double least, double most, const char *wanted) {
  double number = NAN;
  if (failed_) return 0;
  if (type_of(env_, value) == napi_number) napi_get_value_double(env_, value, &number);
  if (number >= least && number <= most && floor(number) == number) return number;
  reject(what, wanted);
  return 0;
}

uint32_t Reader::u32(napi_value value, const char *what) {
  return static_cast<uint32_t>(integer(value, what, 0, UINT32_MAX, "an unsigned 32-bit number"));
}

int32_t Reader::i32(napi_value value, const char *what) {
  return static_cast<int32_t>(integer(value, what, INT32_MIN, INT32_MAX, "a 32-bit number"));
}

bool Reader::boolean(napi_value value, const char *what) {
  bool result = false;
  if (!failed_ && napi_get_value_bool(env_, value, &result) != napi_ok) reject(what, "a boolean");
  return result;
}

std::string Reader::text(napi_value value, const char *what) {
  size_t size = 0;
  if (failed_) return {};
  if (type_of(env_, value) != napi_string || napi_get_value_string_utf8(env_, value, nullptr, 0, &size) != napi_ok) {
    reject(what, "a string");
    return {};
  }
  std::string result(size + 1, '\0');
  napi_get_value_string_utf8(env_, value, &result[0], size + 1, &size);
  result.resize(size);
  /* The kernel would take what stands before a zero byte for the whole. */
  if (result.find('\0') != std::string::npos) reject(what, "a string without zero bytes");
  return result;
}

Bytes Reader::bytes(napi_value value, const char *what) {
  bool typed = false;
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void *data = nullptr;
  if (failed_) return {};
  if (value != nullptr) napi_is_typedarray(env_, value, &typed);
  if (typed) napi_get_typedarray_info(env_, value, &type, &size, &data, nullptr, nullptr);
  if (!typed || type != napi_uint8_array) {
    reject(what, "a Uint8Array");
    return {};
  }
  return {static_cast<uint8_t *>(data), size};
}

std::vector<std::string> Reader::texts(napi_value value, const char *what) {
  bool array = false;
  uint32_t count = 0;
  std::vector<std::string> result;
  if (failed_) return result;
  if (value != nullptr) napi_is_array(env_, value, &array);
  if (!array) reject(what, "an array of strings");
  if (array) napi_get_array_length(env_, value, &count);
  for (uint32_t index = 0; index < count && !failed_; index += 1) {
    napi_value element = nullptr;
    napi_get_element(env_, value, index, &element);
    result.push_back(text(element, what));
  }
  return result;
}

std::vector<uint32_t> Reader::numbers(napi_value value, const char *what) {
  bool array = false;
  uint32_t count = 0;
  std::vector<uint32_t> result;
  if (failed_) return result;
  if (value != nullptr) napi_is_array(env_, value, &array);
  if (!array) reject(what, "an array of numbers");
  if (array) napi_get_array_length(env_, value, &count);
  for (uint32_t index = 0; index < count && !failed_; index += 1) {
    napi_value element = nullptr;
    napi_get_element(env_, value, index, &element);
    result.push_back(u32(element, what));
  }
  return result;
}

napi_value Reader::field(napi_value object, const char *name) {
  napi_value result = nullptr;
  if (!failed_ && type_of(env_, object) == napi_object) napi_get_named_property(env_, object, name, &result);
  return result;
}

std::vector<std::string> Reader::keys(napi_value object, const char *what) {
  napi_value names = nullptr;
  if (failed_) return {};
  if (type_of(env_, object) != napi_object || napi_get_property_names(env_, object, &names) != napi_ok) {
    reject(what, "an object");
    return {};
  }
  return texts(names, what);
}

Arguments::Arguments(napi_env env, napi_callback_info info, const char *function) : Reader(env, function) {
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
}

napi_value Arguments::function(size_t index, const char *what) {
  if (!failed_ && type_of(env_, values_[index]) != napi_function) reject(what, "a function");
  return values_[index];
}

bool Arguments::inward(size_t index, const char *what) {
  napi_value value = values_[index];
  if (!failed_ && type_of(env_, value) == napi_string) {
    std::string name = text(index, what);
    if (name == "in") return true;
    if (name == "out") return false;
  }
  reject(what, "'in' or 'out'");
  return false;
}

}  // namespace postern
