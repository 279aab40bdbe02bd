"""Sends hand-made transport packets between network namespaces and says which arrived.

For protocols that the kernel has no sockets of (SCTP), and for sources that run no prober (nodes). Reads JSON objects from
standard input, one a line:
  sends:  [{from, to: names of network namespaces, or their paths, family: 4 | 6, protocol, source, destination, data: hex, marker: hex}]
  waitMs: how long to listen after the last packet was sent
and writes a line for each, a list of {arrived, error} in the order of the sends. A packet has arrived when a raw socket in the namespace `to`
received bytes that hold its marker, at the place where they were sent.
"""

import ctypes
import json
import os
import select
import socket
import sys
import time

NETNS_FOLDER = "/run/netns"
CLONE_NEWNET = 0x40000000
LARGEST = 65536
MARKER_BYTES = 8
HOME = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
LIBC = ctypes.CDLL(None, use_errno=True)


def set_netns(fd):
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def open_raw(netns, family, protocol, source=None):
    """A socket belongs to the namespace that it was opened in. The process goes home: a lab kills what is in a pod's namespace with the pod."""
    # A whole path stays as it is.
    fd = os.open(os.path.join(NETNS_FOLDER, netns), os.O_RDONLY | os.O_CLOEXEC)
    set_netns(fd)
    os.close(fd)
    try:
        raw = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_RAW, protocol)
    finally:
        set_netns(HOME)
    raw.setblocking(False)
    if source is not None:
        raw.bind((source, 0))
    return raw


class Listener:
    """Hears what arrives in one namespace over one protocol, and knows the markers that are awaited there."""

    def __init__(self, netns, family, protocol):
        self.raw = open_raw(netns, family, protocol)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.family = family
        self.awaited = {}
        self.offsets = set()

    def expect(self, index, data, marker):
        self.awaited[marker] = index
        self.offsets.add(data.index(marker))

    def arrived(self):
        """Indexes of the sends whose packets are there."""
        found = []
        while True:
            try:
                data = self.raw.recv(LARGEST)
            except BlockingIOError:
                return found
            # Raw sockets show the IPv4 header, but not the IPv6 one.
            start = (data[0] & 15) * 4 if self.family == 4 else 0
            for offset in self.offsets:
                index = self.awaited.pop(data[start + offset : start + offset + MARKER_BYTES], None)
                if index is not None:
                    found.append(index)


def run(sends, wait_ms):
    listeners = {}
    for index, send in enumerate(sends):
        key = (send["to"], send["family"], send["protocol"])
        if key not in listeners:
            listeners[key] = Listener(*key)
        listeners[key].expect(index, bytes.fromhex(send["data"]), bytes.fromhex(send["marker"]))
    senders = {}
    results = [{"arrived": False, "error": None} for _ in sends]
    for index, send in enumerate(sends):
        key = (send["from"], send["family"], send["protocol"], send["source"])
        try:
            if key not in senders:
                senders[key] = open_raw(*key)
            senders[key].sendto(bytes.fromhex(send["data"]), (send["destination"], 0))
        except OSError as error:
            results[index]["error"] = error.strerror or str(error)

    by_socket = {listener.raw: listener for listener in listeners.values()}
    missing = len(sends)
    deadline = time.monotonic() + wait_ms / 1000
    while missing > 0 and (left := deadline - time.monotonic()) > 0:
        for raw in select.select(list(by_socket), [], [], left)[0]:
            for index in by_socket[raw].arrived():
                results[index]["arrived"] = True
                missing -= 1
    for raw in [*by_socket, *senders.values()]:
        raw.close()
    return results


def main():
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(run(request["sends"], request["waitMs"])), flush=True)


main()
