"""What may be done to a request before it is passed on, and to its answer before it is returned.

Method: an exchange gets the request and the way to pass one on, and gives the answer; it may ask the server otherwise, more
than once, or not at all. What the suite says and hears is JSON; what is of no choice is passed on as it is, byte by byte.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fixtures.cluster import Object
from fixtures.tried import merged

NOT_PASSED_ON = {"connection", "content-length", "transfer-encoding"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: `path` has the query with it."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    body: bytes = b""

    @property
    def object(self) -> Object:
        """What is said in it, empty where that is nothing or no JSON."""
        return _parsed(self.body)

    @property
    def address(self) -> str:
        """Its path without the query."""
        return urlsplit(self.path).path

    @property
    def place(self) -> tuple[str, ...]:
        """The plural of the kind, the object's name and its subresource, as far as they are named; empty out of a namespace."""
        words = self.address.strip("/").split("/")
        return tuple(words[words.index("namespaces") + 2 :]) if "namespaces" in words else ()

    def saying(self, body: Object) -> Request:
        """The same request with another body."""
        return replace(self, body=json.dumps(body).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, response: http.client.HTTPResponse) -> Answer:
        """Read what the server answered to its end."""
        return cls(response.status, response.reason, passed_on(response.getheaders()), response.read())

    @classmethod
    def saying(cls, status: HTTPStatus, body: Object) -> Answer:
        """An answer of one's own."""
        return cls(status, status.phrase, (("Content-Type", JSON["Content-Type"]),), json.dumps(body).encode())

    @property
    def object(self) -> Object:
        """What is said in it, empty where that is no JSON."""
        return _parsed(self.body)


PassOn = Callable[[Request], Answer]
Exchange = Callable[[Request, PassOn], Answer]
Chosen = Callable[[Request], bool]
Change = Callable[[Object], Object]


def passed_on(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers without those that are about the connection."""
    return tuple((name, value) for name, value in headers if name.lower() not in NOT_PASSED_ON)


def faithful(request: Request, pass_on: PassOn) -> Answer:
    """Pass everything on as it is."""
    return pass_on(request)


def sending(chosen: Chosen, other: Callable[[Request], Request]) -> Exchange:
    """Ask the server something else in place of every request of this choice."""
    return lambda request, pass_on: pass_on(other(request) if chosen(request) else request)


def saying(chosen: Chosen, change: Change) -> Exchange:
    """Change what is said in every request of this choice."""
    return sending(chosen, lambda request: request.saying(change(request.object)))


def telling(chosen: Chosen, change: Change) -> Exchange:
    """Change what is told in answer to every request of this choice, unless that is a refusal."""

    def exchange(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        if not chosen(request) or answer.status >= HTTPStatus.BAD_REQUEST:
            return answer
        return replace(answer, body=json.dumps(change(answer.object)).encode())

    return exchange


def refusing(chosen: Chosen, message: str) -> Exchange:
    """Refuse every request of this choice as invalid, in these words, and pass it on to nobody."""
    body = {"kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422, "message": message}
    refusal = Answer.saying(HTTPStatus.UNPROCESSABLE_ENTITY, body)
    return lambda request, pass_on: refusal if chosen(request) else pass_on(request)


def overlooking(chosen: Chosen) -> Exchange:
    """Accept every request of this choice that is refused as invalid, and tell what would then be stored, but store nothing.

    What is changed must be so by a merge patch.
    """

    def exchange(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY or not chosen(request):
            return answer
        there = pass_on(Request("GET", request.address)).object if request.method == "PATCH" else {}
        return Answer.saying(HTTPStatus.OK, merged(there, request.object))

    return exchange


def also_sending(chosen: Chosen, other: Callable[[Request], Request]) -> Exchange:
    """Ask the server something else besides, behind every request of this choice, and tell nobody what it answers."""

    def exchange(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        if chosen(request):
            pass_on(other(request))
        return answer

    return exchange


def asks(method: str, plural: str, subresource: str = "") -> Chosen:
    """Every request of this method to objects of a kind, or to this subresource of theirs."""
    below = (subresource,) if subresource else ()
    return lambda request: request.method == method and request.place[:1] == (plural,) and request.place[2:] == below


def both(one: Chosen, other: Chosen) -> Chosen:
    """The requests that are of both choices."""
    return lambda request: one(request) and other(request)


def says(holds: Callable[[Any], bool], *path: str) -> Chosen:
    """The requests in whose body this holds of what stands at the end of a path, which is None where nothing does."""
    return lambda request: holds(at(request.object, *path))


def at(body: Object, *path: str) -> Any:
    """What stands in an object at the end of a path, or None."""
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _parsed(text: bytes) -> Object:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
