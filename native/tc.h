/* The clsact qdisc and its cls_bpf filters, for kernels without tcx. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value tc_ensure_clsact(napi_env env, napi_callback_info info);
napi_value tc_attach(napi_env env, napi_callback_info info);
napi_value tc_query(napi_env env, napi_callback_info info);
napi_value tc_detach(napi_env env, napi_callback_info info);

}  // namespace postern
