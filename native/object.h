/* Loading an ELF object of maps and programs, and reading its types. */
#pragma once

#include <node_api.h>

namespace postern {

napi_value load_object(napi_env env, napi_callback_info info);
napi_value struct_layout(napi_env env, napi_callback_info info);

/* Teach libbpf 1.1 the program sections that it is too old to know. Called once at load. */
void register_program_sections();

}  // namespace postern
