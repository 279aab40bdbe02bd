/* Interface names in the caller's network namespace. */
#include "interface_name.h"

#include <errno.h>
#include <net/if.h>

#include "arguments.h"
#include "build.h"
#include "error.h"

namespace postern {

napi_value interface_index(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "interfaceIndex");
  std::string name = args.text(0, "name");
  if (args.failed()) return nullptr;
  unsigned int index = if_nametoindex(name.c_str());
  if (index != 0) return make_number(env, index);
  return errno == ENODEV ? nullptr : throw_errno(env, errno, "SIOCGIFINDEX", name);
}

napi_value interface_name(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "interfaceName");
  uint32_t index = args.u32(0, "ifindex");
  if (args.failed()) return nullptr;
  char name[IF_NAMESIZE] = "";
  if (if_indextoname(index, name) != nullptr) return make_text(env, name);
  return errno == ENXIO || errno == ENODEV ? nullptr
                                           : throw_errno(env, errno, "SIOCGIFNAME", "ifindex " + std::to_string(index));
}

}  // namespace postern
