/* The bpf() call, and those of its structures and numbers that the build machine's headers are too old for. */
#pragma once

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace postern {

constexpr uint32_t kProgTypeNetfilter = 32; /* kernel 6.4 */
constexpr uint32_t kAttachNetfilter = 45;
constexpr uint32_t kAttachTcxIngress = 46; /* kernel 6.6 */
constexpr uint32_t kAttachTcxEgress = 47;
constexpr uint32_t kLinkTypeNetfilter = 10;
constexpr uint32_t kLinkTypeTcx = 11;
constexpr uint32_t kFlagBefore = 1U << 3; /* BPF_F_BEFORE */

/* Members as in union bpf_attr; the kernel takes what is left out as zero. */
struct NetfilterLinkCreate {
  uint32_t prog_fd;
  uint32_t target_ifindex;
  uint32_t attach_type;
  uint32_t flags;
  uint32_t family;
  uint32_t hook;
  int32_t priority;
  uint32_t netfilter_flags;
};
static_assert(sizeof(NetfilterLinkCreate) == 32, "layout of bpf_attr.link_create.netfilter");

struct TcxLinkCreate {
  uint32_t prog_fd;
  uint32_t target_ifindex;
  uint32_t attach_type;
  uint32_t flags;
  uint32_t relative;
  uint32_t padding;
  uint64_t expected_revision;
};
static_assert(sizeof(TcxLinkCreate) == 32, "layout of bpf_attr.link_create.tcx");

struct TcxQuery {
  uint32_t target_ifindex;
  uint32_t attach_type;
  uint32_t query_flags;
  uint32_t attach_flags;
  uint64_t prog_ids;
  uint32_t count;
  uint32_t padding;
  uint64_t prog_attach_flags;
  uint64_t link_ids;
  uint64_t link_attach_flags;
  uint64_t revision;
};
static_assert(sizeof(TcxQuery) == 64, "layout of bpf_attr.query");

/* struct bpf_link_info with the two kinds that we make; the rest is room for what newer kernels say. */
struct LinkInfo {
  uint32_t type;
  uint32_t id;
  uint32_t prog_id;
  uint32_t padding;
  union {
    struct {
      uint32_t ifindex;
      uint32_t attach_type;
    } tcx;
    struct {
      uint32_t family;
      uint32_t hook;
      int32_t priority;
      uint32_t flags;
    } netfilter;
    uint8_t room[112];
  };
};
static_assert(sizeof(LinkInfo) == 128, "head of struct bpf_link_info");

/* Returns the call's result, or a negative errno. */
template <typename Attributes>
inline int bpf_call(int command, Attributes *attributes) {
  long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));
  return result < 0 ? -errno : static_cast<int>(result);
}

inline uint64_t to_pointer(const void *memory) { return reinterpret_cast<uint64_t>(memory); }

}  // namespace postern
