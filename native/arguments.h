/* Reading JavaScript arguments. The first wrong one throws a TypeError; later reads then give empty values. */
#pragma once

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include <string>
#include <vector>

namespace postern {

/* Memory that JavaScript owns: valid until control returns to it. */
struct Bytes {
  uint8_t *data = nullptr;
  size_t size = 0;
};

/* Converts single values; `what` names the value in the TypeError. */
class Reader {
 public:
  explicit Reader(napi_env env, const char *function) : env_(env), function_(function) {}

  bool failed() const { return failed_; }
  napi_env env() const { return env_; }

  bool absent(napi_value value) const;
  uint32_t u32(napi_value value, const char *what);
  int32_t i32(napi_value value, const char *what);
  bool boolean(napi_value value, const char *what);
  std::string text(napi_value value, const char *what);
  Bytes bytes(napi_value value, const char *what);
  std::vector<std::string> texts(napi_value value, const char *what);
  std::vector<uint32_t> numbers(napi_value value, const char *what);

  /* A field of an object; undefined where it is missing or the object is none. */
  napi_value field(napi_value object, const char *name);
  std::vector<std::string> keys(napi_value object, const char *what);

  /* Throw a TypeError unless one is on its way. */
  void reject(const char *what, const char *wanted);

 protected:
  napi_env env_;
  const char *function_;
  bool failed_ = false;

 private:
  double integer(napi_value value, const char *what, double least, double most, const char *wanted);
};

/* The arguments of the call that is being served, by position. */
class Arguments : public Reader {
 public:
  Arguments(napi_env env, napi_callback_info info, const char *function);

  napi_value at(size_t index) const { return values_[index]; }
  bool absent(size_t index) const { return Reader::absent(values_[index]); }
  int fd(size_t index, const char *what) { return i32(index, what); }
  uint32_t u32(size_t index, const char *what) { return Reader::u32(values_[index], what); }
  int32_t i32(size_t index, const char *what) { return Reader::i32(values_[index], what); }
  bool boolean(size_t index, const char *what) { return Reader::boolean(values_[index], what); }
  std::string text(size_t index, const char *what) { return Reader::text(values_[index], what); }
  Bytes bytes(size_t index, const char *what) { return Reader::bytes(values_[index], what); }
  napi_value function(size_t index, const char *what);
  /* 'in' or 'out'; true for 'in'. */
  bool inward(size_t index, const char *what);

 private:
  static constexpr size_t kMost = 6;
  napi_value values_[kMost] = {};
};

}  // namespace postern
