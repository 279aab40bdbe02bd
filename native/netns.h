/* Network namespaces, and interface names in the caller's one. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value netns_inode(napi_env env, napi_callback_info info);
napi_value interface_index(napi_env env, napi_callback_info info);
napi_value interface_name(napi_env env, napi_callback_info info);

/*
 * socket() in a network namespace. A thread of its own enters the namespace and ends: the calling thread never leaves
 * its own. Returns the descriptor, or a negative errno with `operation` naming what failed.
 */
int socket_in_netns(int netns, int domain, int type, int protocol, const char **operation);

}  // namespace postern
