/* Network namespaces, and interface names in the caller's one. */
#include "netns.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "arguments.h"
#include "build.h"
#include "error.h"

namespace postern {
namespace {

struct SocketTask {
  int netns;
  int domain;
  int type;
  int protocol;
  int result;
  const char *operation;
};

void *open_socket(void *argument) {
  SocketTask *task = static_cast<SocketTask *>(argument);
  task->operation = "setns";
  if (setns(task->netns, CLONE_NEWNET) != 0) {
    task->result = -errno;
    return nullptr;
  }
  task->operation = "socket";
  task->result = socket(task->domain, task->type, task->protocol);
  if (task->result < 0) task->result = -errno;
  return nullptr;
}

}  // namespace

int socket_in_netns(int netns, int domain, int type, int protocol, const char **operation) {
  SocketTask task = {netns, domain, type, protocol, -1, "pthread_create"};
  pthread_t thread;
  int error = pthread_create(&thread, nullptr, open_socket, &task);
  if (error == 0) pthread_join(thread, nullptr);
  *operation = task.operation;
  return error == 0 ? task.result : -error;
}

napi_value netns_inode(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "netnsInode");
  struct stat status = {};
  if (args.absent(0)) {
    /* The thread's, not the process's: they differ where a thread has entered another one. */
    const char *own = "/proc/thread-self/ns/net";
    if (stat(own, &status) != 0) return throw_errno(env, errno, "stat", own);
    return make_number(env, static_cast<double>(status.st_ino));
  }
  int fd = args.fd(0, "netns");
  if (args.failed()) return nullptr;
  if (fstat(fd, &status) != 0) return throw_errno(env, errno, "fstat", "fd " + std::to_string(fd));
  return make_number(env, static_cast<double>(status.st_ino));
}

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
