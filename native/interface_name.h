/* Interface names in the caller's network namespace. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value interface_index(napi_env env, napi_callback_info info);
napi_value interface_name(napi_env env, napi_callback_info info);

}  // namespace postern
