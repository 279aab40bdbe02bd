/* System errors as JavaScript errors: code, errno, operation, object, log. */
#pragma once

#include <node_api.h>

#include <string>

namespace postern {

/* An Error object; nothing is thrown. `error` is a positive errno. */
napi_value make_error(napi_env env, int error, const char *operation, const std::string &object,
                      const std::string &log = {});

/* Throws it, and returns nullptr so that a binding can end with `return throw_errno(…)`. */
napi_value throw_errno(napi_env env, int error, const char *operation, const std::string &object,
                       const std::string &log = {});

}  // namespace postern
