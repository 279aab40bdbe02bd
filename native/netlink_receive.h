/* Receiving one netlink datagram, whatever its length. */
#pragma once

#include <stdint.h>

#include <vector>

namespace postern {

/*
 * Waits for at most `wait_ms`. Returns the length of the datagram in `buffer`, which grows as needed, or a negative
 * errno: ETIMEDOUT, ENOBUFS where datagrams were lost. What did not come from the kernel is passed over.
 */
long receive_datagram(int socket, std::vector<uint8_t> &buffer, long wait_ms);

/* Milliseconds of CLOCK_MONOTONIC. */
long monotonic_ms();

}  // namespace postern
