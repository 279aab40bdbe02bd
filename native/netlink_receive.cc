/* Receiving one netlink datagram, whatever its length. */
#include "netlink_receive.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>

namespace postern {
namespace {

/* The kernel fills dumps up to the size that it saw us receive with, and no further than this. */
constexpr size_t kUsualSize = 32768;

/* Length, 0 for a datagram that is not the kernel's, or a negative errno. */
long receive_once(int socket, std::vector<uint8_t> &buffer) {
  if (buffer.size() < kUsualSize) buffer.resize(kUsualSize);
  for (;;) {
    struct sockaddr_nl sender = {};
    socklen_t length = sizeof(sender);
    ssize_t size = recvfrom(socket, buffer.data(), buffer.size(), MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT,
                            reinterpret_cast<struct sockaddr *>(&sender), &length);
    if (size < 0) return -errno;
    if (static_cast<size_t>(size) > buffer.size()) {
      buffer.resize(static_cast<size_t>(size));
      continue;
    }
    size = recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) return -errno;
    return sender.nl_pid == 0 ? size : 0;
  }
}

}  // namespace

long monotonic_ms() {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

long receive_datagram(int socket, std::vector<uint8_t> &buffer, long wait_ms) {
  long deadline = monotonic_ms() + wait_ms;
  for (;;) {
    long size = receive_once(socket, buffer);
    if (size > 0 || (size < 0 && size != -EAGAIN && size != -EINTR)) return size;
    if (size != -EAGAIN) continue;
    long left = deadline - monotonic_ms();
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd readable = {socket, POLLIN, 0};
    poll(&readable, 1, static_cast<int>(std::min(left, 1000L)));
  }
}

}  // namespace postern
