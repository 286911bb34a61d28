"""A proxy between the suite and the API server: it passes everything on, unless it is told to be late or to do wrong.

Method: it is the API server as far as a client can tell, since it bears its certificate. Each request has a connection of its
own to the server; an upgraded one (exec) is passed on byte by byte, a watch event by event, through a damage, and any other
through an exchange.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import yaml

from fixtures import embedded
from selftest.surroundings.damages import BrokenOff, Damage, Stream, unharmed
from selftest.surroundings.exchanges import Answer, Exchange, Request, faithful, passed_on
from selftest.surroundings.surrounding import Witness
from selftest.surroundings.tally import Tally

Address = tuple[str, int]
LOOPBACK: Address = ("127.0.0.1", 0)


@dataclass(frozen=True)
class Upstream:
    """Where the API server is, and how it is spoken to: without TLS where there is no context."""

    host: str
    port: int
    context: ssl.SSLContext | None = None

    def connection(self) -> http.client.HTTPConnection:
        """A new connection for one request."""
        if self.context is None:
            return http.client.HTTPConnection(self.host, self.port)
        return http.client.HTTPSConnection(self.host, self.port, context=self.context)

    def socket(self) -> socket.socket:
        """A new connection for bytes."""
        plain = socket.create_connection((self.host, self.port))
        return plain if self.context is None else self.context.wrap_socket(plain, server_hostname=self.host)

    @contextmanager
    def asked(self, request: Request) -> Iterator[http.client.HTTPResponse]:
        """Ask the server, and have what it answers, as it comes, for the length of a block."""
        connection = self.connection()
        try:
            connection.request(request.method, request.path, request.body or None, dict(request.headers))
            yield connection.getresponse()
        finally:
            connection.close()

    def answer(self, request: Request) -> Answer:
        """Ask the server, and have all that it answers."""
        with self.asked(request) as response:
            return Answer.of(response)


class Server(ThreadingHTTPServer):
    """The proxy itself, on a free port of loopback where no address is named."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        upstream: Upstream,
        damage: Damage,
        delay: Callable[[], float],
        identity: ssl.SSLContext | None = None,
        address: Address = LOOPBACK,
        exchange: Exchange = faithful,
    ) -> None:
        super().__init__(address, Handler)
        self.upstream, self.damage, self.delay, self.exchange = upstream, damage, delay, exchange
        if identity is not None:
            # The handshake is left to the thread of the connection.
            self.socket = identity.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ends in the middle is a client's right, and many do so."""


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _proxy(self) -> Server:
        return cast(Server, self.server)

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # An answer that is late is what this is for.
        time.sleep(self._proxy.delay())
        if "Upgrade" in self.headers:
            self._tunnel()
            return
        request = Request(self.command, self.path, dict(passed_on(self.headers.items())), body)
        stream = _stream(self.path)
        if stream is None:
            self._answer(self._proxy.exchange(request, self._proxy.upstream.answer))
            return
        with self._proxy.upstream.asked(request) as response:
            if response.status == http.HTTPStatus.OK:
                self._watch(stream, response)
            else:
                self._answer(Answer.of(response))

    # The names that http.server looks for.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815

    def _answer(self, answer: Answer) -> None:
        self._begin(answer.status, answer.reason, answer.headers)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _watch(self, stream: Stream, response: http.client.HTTPResponse) -> None:
        self._begin(response.status, response.reason, passed_on(response.getheaders()))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with suppress(BrokenOff):
            for event in self._proxy.damage(stream, (json.loads(line) for line in response if line.strip())):
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _begin(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> None:
        self.send_response_only(status, reason)
        for name, value in headers:
            self.send_header(name, value)

    def _tunnel(self) -> None:
        self.close_connection = True
        with self._proxy.upstream.socket() as server:
            head = [
                f"{self.command} {self.path} HTTP/1.1",
                *(f"{name}: {value}" for name, value in self.headers.items()),
            ]
            server.sendall("\r\n".join([*head, "", ""]).encode("latin-1"))
            back = threading.Thread(target=_copy, args=(server, self.connection), daemon=True)
            back.start()
            _copy(self.connection, server)
            back.join()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until there are no more; then the other end is told so."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _stream(path: str) -> Stream | None:
    """What a request watches, such as the pods of a namespace or of all (an empty one), or None where it is no watch."""
    parts = urlsplit(path)
    words = parts.path.strip("/").split("/")
    if parse_qs(parts.query).get("watch") not in (["true"], ["1"]):
        return None
    if "namespaces" not in words[:-2]:
        return Stream("", words[-1])
    namespace, plural, *_ = words[words.index("namespaces") + 1 :]
    return Stream(namespace, plural)


@contextmanager
def serving(server: Server) -> Iterator[int]:
    """Let the proxy serve, and yield its port."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def between(
    cluster: embedded.Cluster,
    witness: Witness,
    damage: Damage | None = None,
    delay: Callable[[], float] | None = None,
    exchange: Exchange | None = None,
) -> Iterator[Path]:
    """Stand between the API server of an embedded cluster and whoever uses the kubeconfig that is yielded.

    The witness is told at the end what came of the damage, the delay and the exchange, of those that there are.
    """
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, _telling(tally, witness, damage, delay, exchange):
        upstream = upstream_of(cluster.kubeconfig, Path(folder))
        server = Server(
            upstream,
            tally.watching(damage) if damage else unharmed,
            tally.delaying(delay) if delay else lambda: 0.0,
            identity_of(cluster),
            exchange=tally.exchanging(exchange) if exchange else faithful,
        )
        with serving(server) as port:
            kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
            kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
            path = Path(folder) / "kubeconfig"
            path.touch(mode=0o600)
            path.write_text(yaml.safe_dump(kubeconfig))
            yield path


@contextmanager
def _telling(
    tally: Tally,
    witness: Witness,
    damage: Damage | None,
    delay: Callable[[], float] | None,
    exchange: Exchange | None,
) -> Iterator[None]:
    yield
    if damage:
        tally.told_otherwise(witness)
    if delay:
        tally.told_late(witness)
    if exchange:
        tally.answered_otherwise(witness)


def upstream_of(kubeconfig: Path, folder: Path) -> Upstream:
    """The API server of a kubeconfig, spoken to as its user, whose certificate and key are kept in `folder`."""
    read = yaml.safe_load(kubeconfig.read_text())
    where, user = read["clusters"][0]["cluster"], read["users"][0]["user"]
    context = ssl.create_default_context(cadata=base64.b64decode(where["certificate-authority-data"]).decode())
    context.load_cert_chain(*_credentials(user, folder))
    address = urlsplit(where["server"])
    return Upstream(str(address.hostname), int(address.port or 443), context)


def identity_of(cluster: embedded.Cluster) -> ssl.SSLContext:
    """What makes the proxy the API server of a cluster, as far as a client can tell."""
    pki, identity = cluster.folder / "pki", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    return identity


def _credentials(user: dict[str, str], folder: Path) -> tuple[Path, Path]:
    """The files of the user's certificate and its key, which the kubeconfig carries within it."""
    found = []
    for name in ("client-certificate", "client-key"):
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(user[f"{name}-data"]))
        found.append(path)
    return found[0], found[1]
