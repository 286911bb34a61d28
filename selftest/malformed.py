"""Input that is not as it should be: of a good document, everything that goes wrong with files and with what stands in them.

Method: each place of the document is taken away or filled with what does not belong there, and the text is cut, wrongly encoded
or of another sort altogether. Drawn from the document alone, so it is the same in every run.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

JUNK: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", "\x00", [], {}, [[]], [None], {"x": None})
DEEP = 100_000
PARTS = 12


def misshapen(good: Any) -> Iterator[tuple[str, Any]]:
    """Documents that differ from a good one in one place, each with a name: `workload.name is []`."""
    for place in _places(good):
        name = ".".join(map(str, place)) or "all of it"
        if place:
            yield f"{name} is missing", _without(good, place)
        for junk in JUNK:
            yield f"{name} is {junk!r}", _with(good, place, junk)


def garbled(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Files of which the text itself is wrong, each with a name; empty, cut short, of another encoding, or not text."""
    yield "nothing", b""
    for part in range(1, PARTS):
        yield f"{part} of {PARTS} parts of it", good[: len(good) * part // PARTS]
    for encoding in ("utf-16", "utf-32"):
        yield encoding, good.decode().encode(encoding)
    yield from (
        ("bytes of no encoding", b"\xff\xfe\xfd" + good), ("zeros", bytes(4096)), ("a zero in front", b"\x00" + good),
        ("an archive", b"PK\x03\x04" + bytes(range(256))), ("a page", b"<!doctype html><title>502</title>"),
        ("a word", b"null"), ("a number", b"1" * 5000), ("a text", b'"x"'), ("a list", b"[]"), ("an object", b"{}"),
        ("brackets", b"[" * DEEP), ("braces", b'{"a":' * DEEP), ("a tab", b"\t"), ("infinity", b"Infinity"),
        ("a merge conflict", b"<<<<<<< HEAD\n" + good + b"=======\n>>>>>>> other\n"),
    )  # fmt: skip


def as_json(documents: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """These documents as the bytes of files."""
    return ((name, json.dumps(one).encode()) for name, one in documents)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in inner:
        yield from _places(part, (*place, key))


def _with(good: Any, place: tuple[Any, ...], junk: Any) -> Any:
    if not place:
        return junk
    changed = copy.deepcopy(good)
    _holder(changed, place)[place[-1]] = junk
    return changed


def _without(good: Any, place: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(good)
    del _holder(changed, place)[place[-1]]
    return changed


def _holder(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        value = value[key]
    return value
