/* Running a program on a given packet. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value test_run(napi_env env, napi_callback_info info);

}  // namespace postern
