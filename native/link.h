/* BPF links: tcx, netfilter, and what can be done with any link. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value tcx_attach(napi_env env, napi_callback_info info);
napi_value tcx_query(napi_env env, napi_callback_info info);
napi_value netfilter_attach(napi_env env, napi_callback_info info);
napi_value link_update(napi_env env, napi_callback_info info);
napi_value link_detach(napi_env env, napi_callback_info info);

}  // namespace postern
