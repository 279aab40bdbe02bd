"""Sends hand-made transport packets between network namespaces and says which arrived.

For protocols that the kernel has no sockets of (SCTP), and for sources that run no prober (nodes). Reads one JSON object from
standard input:
  sends:  [{from, to: names of network namespaces, family: 4 | 6, protocol, source, destination, data: hex, marker: hex}]
  waitMs: how long to listen after the last packet was sent
and writes a list of {arrived, error}, in the order of the sends. A packet has arrived when a raw socket in the namespace `to`
received bytes that hold its marker.
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


def enter(netns):
    fd = os.open(os.path.join(NETNS_FOLDER, netns), os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns " + netns)
    finally:
        os.close(fd)


def open_raw(netns, family, protocol, source=None):
    """A socket belongs to the namespace that it was opened in, wherever the process goes afterwards."""
    enter(netns)
    raw = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_RAW, protocol)
    raw.setblocking(False)
    if source is not None:
        raw.bind((source, 0))
    return raw


def main():
    request = json.load(sys.stdin)
    sends = request["sends"]
    listeners = {}
    for send in sends:
        key = (send["to"], send["family"], send["protocol"])
        if key not in listeners:
            listeners[key] = open_raw(*key)
            listeners[key].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    places = {listener: netns for (netns, _, _), listener in listeners.items()}
    senders = {}
    results = [{"arrived": False, "error": None} for _ in sends]
    waiting = {(send["to"], bytes.fromhex(send["marker"])): index for index, send in enumerate(sends)}

    for index, send in enumerate(sends):
        key = (send["from"], send["family"], send["protocol"], send["source"])
        try:
            if key not in senders:
                senders[key] = open_raw(*key)
            senders[key].sendto(bytes.fromhex(send["data"]), (send["destination"], 0))
        except OSError as error:
            results[index]["error"] = error.strerror or str(error)

    deadline = time.monotonic() + request["waitMs"] / 1000
    while waiting and (left := deadline - time.monotonic()) > 0:
        for listener in select.select(list(places), [], [], left)[0]:
            data = listener.recv(LARGEST)
            for (netns, marker), index in list(waiting.items()):
                if netns == places[listener] and marker in data:
                    results[index]["arrived"] = True
                    del waiting[(netns, marker)]
    json.dump(results, sys.stdout)


main()
