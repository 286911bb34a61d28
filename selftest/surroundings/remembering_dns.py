"""A name server of a few lines that stands before another: of each name it answers the first address that it ever heard.

It stands alone, since it runs inside the cluster's network. Usage: ADDRESS PORT-OF-THE-OTHER. All but addresses it passes on.
It prints a line for each answer from memory that the other would not give now, and ends with its input.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

ADDRESS_TYPES = (b"\x00\x01", b"\x00\x1c")
HEADER_BYTES = 12
ANSWER_COUNT = slice(6, 8)
POINTER = 0xC0


def main(address: str, port: int) -> None:
    """Answer until the input ends."""
    threading.Thread(target=lambda: os._exit(bool(sys.stdin.read())), daemon=True).start()
    remembered: dict[bytes, bytes] = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        asked, client = server.recvfrom(4096)
        question = _question(asked)
        now = _ask(asked, address, port)
        answer = remembered.get(question) or now
        if answer is not now and _addresses(answer) != _addresses(now):
            print("answered wrongly", flush=True)
        if not answer:
            continue
        if question[-4:-2] in ADDRESS_TYPES and answer[ANSWER_COUNT] != b"\x00\x00":
            remembered[question] = answer
        server.sendto(asked[:2] + answer[2:], client)


def _question(asked: bytes) -> bytes:
    """The name, type and class that are asked for."""
    end = asked.index(b"\x00", HEADER_BYTES) + 5
    return asked[HEADER_BYTES:end].lower()


def _addresses(answer: bytes) -> set[bytes]:
    """What an answer leads to: whatever its records hold; nothing of no answer."""
    found = set[bytes]()
    place = answer.index(b"\x00", HEADER_BYTES) + 5 if answer else 0
    for _ in range(int.from_bytes(answer[ANSWER_COUNT])):
        while 0 < answer[place] < POINTER:
            place += 1 + answer[place]
        # A pointer has two bytes and a name's end one; type, class and time to live have eight, and the length two.
        place += (2 if answer[place] >= POINTER else 1) + 8
        length = int.from_bytes(answer[place : place + 2])
        found.add(answer[place + 2 : place + 2 + length])
        place += 2 + length
    return found


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
