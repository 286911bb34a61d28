"""A name server of a few lines that stands before another: it answers for the pod of ordinal 0 with the address of ordinal 1.

It stands alone, since it runs inside the cluster's network. Usage: ADDRESS PORT-OF-THE-OTHER. All else it passes on, and what
is asked for ordinal 0 while there is no ordinal 1 too. It prints a line for each such answer, and ends with its input.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

HEADER_BYTES = 12
ANSWER_COUNT = slice(6, 8)
FIRST, SECOND = b"-0", b"-1"


def main(address: str, port: int) -> None:
    """Answer until the input ends."""
    threading.Thread(target=lambda: os._exit(bool(sys.stdin.read())), daemon=True).start()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        asked, client = server.recvfrom(4096)
        confused = _of_the_neighbour(asked, address, port)
        if confused:
            print("answered wrongly", flush=True)
        if answer := confused or _ask(asked, address, port):
            server.sendto(answer, client)


def _of_the_neighbour(asked: bytes, address: str, port: int) -> bytes:
    """What the neighbour's name leads to, said of the name that was asked for; nothing where it leads nowhere."""
    end = HEADER_BYTES + 1 + asked[HEADER_BYTES]
    label = asked[HEADER_BYTES:end]
    if not label.endswith(FIRST):
        return b""
    other = label.removesuffix(FIRST) + SECOND
    answer = _ask(asked[:HEADER_BYTES] + other + asked[end:], address, port)
    return answer.replace(other, label) if answer[ANSWER_COUNT] != b"\x00\x00" else b""


def _ask(asked: bytes, address: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(2)
        other.sendto(asked, (address, port))
        try:
            return other.recv(4096)
        except OSError:
            return b""


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
