/* Receiving one netlink datagram, whatever its length. */
#pragma once

#include <stdint.h>

#include <vector>

namespace postern {

/* The `netnsid` of datagrams that tell of the socket's own namespace. */
constexpr int kOwnNamespace = -1;

/*
 * Waits for at most `wait_ms`. Returns the length of the datagram in `buffer`, which grows as needed, or a negative
 * errno: ETIMEDOUT, ENOBUFS where datagrams were lost. What did not come from the kernel is passed over. `netnsid`, if
 * not null, gets the number of the namespace that the datagram tells of.
 */
long receive_datagram(int socket, std::vector<uint8_t> &buffer, long wait_ms, int *netnsid = nullptr);

/* Milliseconds of CLOCK_MONOTONIC. */
long monotonic_ms();

}  // namespace postern
