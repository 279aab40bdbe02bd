/* Receiving one netlink datagram, whatever its length. */
#include "netlink_receive.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>

namespace postern {
namespace {

/* The kernel fills dumps up to the size that it saw us receive with, and no further than this. */
constexpr size_t kUsualSize = 32768;

/* Present only on sockets that listen to every namespace, and only where that is not the socket's own. */
int read_netnsid(struct msghdr *message) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != nullptr; control = CMSG_NXTHDR(message, control)) {
    if (control->cmsg_level != SOL_NETLINK || control->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
    int netnsid = kOwnNamespace;
    memcpy(&netnsid, CMSG_DATA(control), sizeof(netnsid));
    return netnsid;
  }
  return kOwnNamespace;
}

/* Length, 0 for a datagram that is not the kernel's, or a negative errno. */
long receive_once(int socket, std::vector<uint8_t> &buffer, int *netnsid) {
  if (buffer.size() < kUsualSize) buffer.resize(kUsualSize);
  ssize_t size = recv(socket, buffer.data(), buffer.size(), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  if (size < 0) return -errno;
  if (static_cast<size_t>(size) > buffer.size()) buffer.resize(static_cast<size_t>(size));

  struct sockaddr_nl sender = {};
  alignas(struct cmsghdr) char control[256];
  struct iovec part = {buffer.data(), buffer.size()};
  struct msghdr message = {};
  message.msg_name = &sender;
  message.msg_namelen = sizeof(sender);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  size = recvmsg(socket, &message, MSG_DONTWAIT);
  if (size < 0) return -errno;
  if (netnsid != nullptr) *netnsid = read_netnsid(&message);
  return sender.nl_pid == 0 ? size : 0;
}

}  // namespace

long monotonic_ms() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

long receive_datagram(int socket, std::vector<uint8_t> &buffer, long wait_ms, int *netnsid) {
  long deadline = monotonic_ms() + wait_ms;
  for (;;) {
    long size = receive_once(socket, buffer, netnsid);
    if (size > 0 || (size < 0 && size != -EAGAIN && size != -EINTR)) return size;
    if (size != -EAGAIN) continue;
    long left = deadline - monotonic_ms();
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd readable = {socket, POLLIN, 0};
    poll(&readable, 1, static_cast<int>(std::min(left, 1000L)));
  }
}

}  // namespace postern
