/* BPF ring buffers: on the event loop, or drained at once. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value ring_open(napi_env env, napi_callback_info info);
napi_value ring_drain(napi_env env, napi_callback_info info);

}  // namespace postern
