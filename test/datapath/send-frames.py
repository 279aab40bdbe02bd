"""Puts raw frames on an interface of the caller's network namespace, with only so much of each in one piece as is asked for.

Reads one JSON object from standard input: {interface, frames: [{data: hex, linear: bytes}]}. `linear` 0 leaves it to the kernel; a
frame of more than a page with `linear` 14 has nothing but its Ethernet header in the linear part of its buffer.
"""

import json
import socket
import struct
import sys

SOL_PACKET = 263
PACKET_VNET_HDR = 15
ETH_P_ALL = 0x0003

order = json.load(sys.stdin)
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
raw.bind((order["interface"], 0))
raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
for frame in order["frames"]:
    # struct virtio_net_hdr: flags, gso type, header length, gso size, checksum start and offset
    header = struct.pack("<BBHHHH", 0, 0, frame["linear"], 0, 0, 0)
    raw.send(header + bytes.fromhex(frame["data"]))
