"""A name server of a few lines that stands before another: of each name it answers the first address that it ever heard.

It stands alone, since it runs inside the cluster's network. Usage: ADDRESS PORT-OF-THE-OTHER. All but addresses it passes on.
It prints a line for each answer from memory.
"""

from __future__ import annotations

import socket
import sys

ADDRESS_TYPES = (b"\x00\x01", b"\x00\x1c")
HEADER_BYTES = 12
ANSWER_COUNT = slice(6, 8)


def main(address: str, port: int) -> None:
    """Answer for ever."""
    remembered: dict[bytes, bytes] = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        asked, client = server.recvfrom(4096)
        question = _question(asked)
        answer = remembered.get(question) or _ask(asked, address, port)
        if question in remembered:
            print("remembered", flush=True)
        if not answer:
            continue
        if question[-4:-2] in ADDRESS_TYPES and answer[ANSWER_COUNT] != b"\x00\x00":
            remembered[question] = answer
        server.sendto(asked[:2] + answer[2:], client)


def _question(asked: bytes) -> bytes:
    """The name, type and class that are asked for."""
    end = asked.index(b"\x00", HEADER_BYTES) + 5
    return asked[HEADER_BYTES:end].lower()


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
