"""An HTTP proxy that carries connections (CONNECT) to addresses that only it knows, and may ask for a password.

Method: asyncio, in a thread of its own. Whoever asks for a name that is not in its book, or without the password, is refused.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65536
TROUBLE = (OSError, asyncio.IncompleteReadError, ValueError)


@dataclass
class Tunnel:
    """A proxy: `book` says where a name leads, `carried` how often it was asked for, `refused` who was not let in."""

    book: Mapping[str, tuple[str, int]]
    credentials: str = ""
    port: int = 0
    carried: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until both ends have closed it."""
        with suppress(*TROUBLE):
            line, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = line.split(" ")
            if method != "CONNECT" or target not in self.book or not self._lets_in(headers):
                self.refused.append(line)
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
            else:
                self.carried[target] = self.carried.get(target, 0) + 1
                there = await asyncio.open_connection(*self.book[target])
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_carry(reader, there[1]), _carry(there[0], writer))
        writer.close()

    def _lets_in(self, headers: list[str]) -> bool:
        basic = base64.b64encode(self.credentials.encode()).decode()
        said = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
        return not self.credentials or said.get("proxy-authorization") == f"Basic {basic}"


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(*TROUBLE):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@contextmanager
def tunnel(book: Mapping[str, tuple[str, int]], credentials: str = "") -> Iterator[Tunnel]:
    """A proxy on a port of loopback, for the length of a block."""
    one, loop = Tunnel(book, credentials), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(one.serve, "127.0.0.1", 0))
    one.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    carrying = asyncio.all_tasks() - {asyncio.current_task()}
    for task in carrying:
        task.cancel()
    await asyncio.gather(*carrying, return_exceptions=True)
