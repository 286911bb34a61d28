"""Faults."""

from typing import Any

FAULTS: dict[str, Any] = {}
