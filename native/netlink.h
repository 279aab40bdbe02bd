/* Netlink sockets: opened in any namespace, asked, listened to. What the messages say is read in TypeScript. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value netlink_open(napi_env env, napi_callback_info info);
napi_value netlink_request(napi_env env, napi_callback_info info);
napi_value netlink_listen(napi_env env, napi_callback_info info);

}  // namespace postern
