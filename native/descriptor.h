/* Objects of the kernel by their descriptors: closing, pinning, finding, describing. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value close_fd(napi_env env, napi_callback_info info);
napi_value pin(napi_env env, napi_callback_info info);
napi_value open_pinned(napi_env env, napi_callback_info info);
napi_value map_info(napi_env env, napi_callback_info info);
napi_value program_info(napi_env env, napi_callback_info info);
napi_value enable_statistics(napi_env env, napi_callback_info info);
napi_value link_info(napi_env env, napi_callback_info info);
napi_value program_by_id(napi_env env, napi_callback_info info);
napi_value map_by_id(napi_env env, napi_callback_info info);

}  // namespace postern
