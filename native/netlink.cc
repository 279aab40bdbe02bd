/* Netlink sockets of the caller's namespace: asked, listened to. What the messages say is read in TypeScript. */
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "arguments.h"
#include "build.h"
#include "error.h"
#include "listener.h"
#include "netlink_receive.h"

namespace postern {
namespace {

constexpr long kDefaultTimeoutMs = 5000;
/* Datagrams handed over in one turn of the event loop. */
constexpr int kTurn = 64;

std::string socket_name(int socket) { return "netlink socket fd " + std::to_string(socket); }

/* The kernel's own words about a refusal (NLMSGERR_ATTR_MSG), if it gave any. */
std::string extended_error(const struct nlmsghdr *message) {
  const struct nlmsgerr *error = static_cast<const struct nlmsgerr *>(NLMSG_DATA(message));
  size_t at = NLMSG_HDRLEN + sizeof(*error);
  if (!(message->nlmsg_flags & NLM_F_CAPPED)) at += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(struct nlmsghdr);
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(message);
  while (at + sizeof(struct nlattr) <= message->nlmsg_len) {
    struct nlattr attribute;
    memcpy(&attribute, bytes + at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute) || at + attribute.nla_len > message->nlmsg_len) break;
    if ((attribute.nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
      const char *text = reinterpret_cast<const char *>(bytes + at + sizeof(attribute));
      return std::string(text, strnlen(text, attribute.nla_len - sizeof(attribute)));
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return {};
}

/* One request's answer, message by message. */
struct Answer {
  napi_env env;
  uint32_t sequence;
  /* Whether an acknowledgement or the end of a dump will come. */
  bool concluded_by_kernel;
  napi_value messages = nullptr;
  uint32_t count = 0;
  bool interrupted = false;
  bool complete = false;
  int error = 0;
  std::string log;

  void read(const struct nlmsghdr *message) {
    if (message->nlmsg_seq != sequence) return; /* an event, or the late answer to a request that was given up */
    if (message->nlmsg_flags & NLM_F_DUMP_INTR) interrupted = true;
    if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
      int result = 0;
      if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(result))) memcpy(&result, NLMSG_DATA(message), sizeof(result));
      complete = true;
      error = result < 0 ? -result : 0;
      if (message->nlmsg_type == NLMSG_ERROR && error != 0 &&
          message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
        log = extended_error(message);
      return;
    }
    if (message->nlmsg_type == NLMSG_NOOP) return;
    napi_set_element(env, messages, count, make_buffer(env, message, message->nlmsg_len));
    count += 1;
    if (!concluded_by_kernel && !(message->nlmsg_flags & NLM_F_MULTI)) complete = true;
  }
};

class NetlinkListener : public Listener {
 public:
  using Listener::keep;

 protected:
  void on_readable() override {
    for (int turn = 0; turn < kTurn && !closing(); turn += 1) {
      int netnsid = kOwnNamespace;
      long size = receive_datagram(fd(), buffer_, 0, &netnsid);
      if (size == -ETIMEDOUT) return;
      napi_handle_scope scope = nullptr;
      napi_open_handle_scope(env(), &scope);
      if (size == -ENOBUFS) {
        call(1, 0, nullptr);
      } else if (size < 0) {
        raise(make_error(env(), static_cast<int>(-size), "recv", socket_name(fd())));
      } else {
        napi_value arguments[] = {
            make_buffer(env(), buffer_.data(), static_cast<size_t>(size)),
            netnsid == kOwnNamespace ? make_undefined(env()) : make_number(env(), netnsid),
        };
        call(0, 2, arguments);
      }
      napi_close_handle_scope(env(), scope);
    }
  }

 private:
  std::vector<uint8_t> buffer_;
};

}  // namespace

napi_value netlink_open(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "netlinkOpen");
  int protocol = args.i32(0, "protocol");
  std::vector<uint32_t> groups = args.numbers(args.at(1), "groups");
  bool everywhere = !args.absent(2) && args.boolean(2, "everyNamespace");
  if (args.failed()) return nullptr;

  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  std::string name = "netlink protocol " + std::to_string(protocol);
  if (fd < 0) return throw_errno(env, errno, "socket", name);

  int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  /* Where the kernel lacks it (before 4.20), dumps pass over what they were narrowed to: answers show that. */
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
  struct sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  int error = bind(fd, reinterpret_cast<struct sockaddr *>(&address), sizeof(address)) == 0 ? 0 : errno;
  const char *operation = "bind";
  for (size_t index = 0; index < groups.size() && error == 0; index += 1) {
    operation = "NETLINK_ADD_MEMBERSHIP";
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[index], sizeof(groups[index])) != 0) error = errno;
  }
  if (error == 0 && everywhere) {
    operation = "NETLINK_LISTEN_ALL_NSID";
    if (setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) != 0) error = errno;
  }
  if (error == 0) return make_number(env, fd);
  close(fd);
  return throw_errno(env, error, operation, name);
}

napi_value netlink_request(napi_env env, napi_callback_info info) {
  static std::atomic<uint32_t> sequence{0};
  Arguments args(env, info, "netlinkRequest");
  int socket = args.fd(0, "socket");
  Bytes given = args.bytes(1, "message");
  long timeout = args.absent(2) ? kDefaultTimeoutMs : args.u32(2, "timeoutMs");
  if (!args.failed() && given.size < NLMSG_HDRLEN) args.reject("message", "at least a header of 16 bytes");
  if (args.failed()) return nullptr;

  std::vector<uint8_t> request(given.data, given.data + given.size);
  struct nlmsghdr *header = reinterpret_cast<struct nlmsghdr *>(request.data());
  header->nlmsg_len = static_cast<uint32_t>(request.size());
  header->nlmsg_seq = ++sequence;
  bool concluded = (header->nlmsg_flags & NLM_F_ACK) != 0 || (header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;

  struct sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  if (sendto(socket, request.data(), request.size(), 0, reinterpret_cast<struct sockaddr *>(&kernel), sizeof(kernel)) <
      0)
    return throw_errno(env, errno, "send", socket_name(socket));

  Answer answer{env, header->nlmsg_seq, concluded};
  napi_create_array(env, &answer.messages);
  std::vector<uint8_t> buffer;
  long deadline = monotonic_ms() + timeout;
  while (!answer.complete) {
    long size = receive_datagram(socket, buffer, deadline - monotonic_ms());
    if (size < 0) return throw_errno(env, static_cast<int>(-size), "recv", socket_name(socket));
    const struct nlmsghdr *message = reinterpret_cast<const struct nlmsghdr *>(buffer.data());
    for (unsigned int left = static_cast<unsigned int>(size); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left))
      answer.read(message);
  }
  std::string name = "netlink message type " + std::to_string(header->nlmsg_type);
  if (answer.error != 0) return throw_errno(env, answer.error, "netlink", name, answer.log);
  if (answer.interrupted) return throw_errno(env, EINTR, "netlink", name, "the dump changed while it was read");
  return answer.messages;
}

napi_value netlink_listen(napi_env env, napi_callback_info info) {
  Arguments args(env, info, "netlinkListen");
  int socket = args.fd(0, "socket");
  napi_value on_message = args.function(1, "onMessage");
  napi_value on_overrun = args.function(2, "onOverrun");
  if (args.failed()) return nullptr;
  int fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, errno, "dup", socket_name(socket));
  NetlinkListener *listener = new NetlinkListener();
  listener->keep(env, on_message);
  listener->keep(env, on_overrun);
  return Listener::start(listener, env, fd, "postern.netlink");
}

}  // namespace postern
