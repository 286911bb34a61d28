"""Whose time a run took, by histories whose entries have known times."""

import pytest

from conformance.history import ACT, ADDED, PROBE, Event, Header, History
from selftest.accounting import of_run

KNOWN = {"name": "web-0", "uid": "one"}


def stored(folder, worker, *entries):
    """Store a history of a process, of entries of (second, type, kind, seconds)."""
    header = Header(
        scenario=f"s.{worker}.{len(list(folder.iterdir()))}", kind="StatefulSet", name="web",
        namespace=f"conformance-1234-{worker}-{len(list(folder.iterdir()))}", selector={},
    )  # fmt: skip
    log = [
        Event(
            kind_of,
            kind,
            second + 1,
            {"seconds": seconds, "metadata": KNOWN},
            f"2026-01-01T00:00:{second:02d}.000+00:00",
        )
        for second, kind_of, kind, seconds in entries
    ]
    History.of(header, log).write(folder / f"{header.namespace}.jsonl")


def test_what_no_scenario_waited_for_is_ours(tmp_path):
    stored(tmp_path, "gw0", (0, ADDED, "Pod", 0), (6, ACT, "wait", 4), (10, ADDED, "Pod", 0))
    whole, path = of_run(tmp_path)
    assert (whole.whole, whole.clusters) == (10, 4)
    assert whole == path
    assert whole.ours == pytest.approx(0.6)


def test_the_whole_is_the_clusters_where_any_scenario_waits(tmp_path):
    stored(tmp_path, "gw0", (0, ADDED, "Pod", 0), (6, ACT, "wait", 4), (10, ADDED, "Pod", 0))
    stored(tmp_path, "gw1", (0, ADDED, "Pod", 0), (9, PROBE, "read", 5), (9, ACT, "scale", 3))
    whole, path = of_run(tmp_path)
    assert (whole.whole, whole.clusters) == (10, 7)
    assert (path.whole, path.clusters) == (10, 4)


def test_the_critical_path_is_the_longest_chain_of_one_process(tmp_path):
    stored(tmp_path, "gw0", (0, ADDED, "Pod", 0), (4, ACT, "wait", 4))
    stored(tmp_path, "gw0", (10, ADDED, "Pod", 0), (18, ACT, "wait", 2))
    stored(tmp_path, "gw1", (0, ADDED, "Pod", 0), (9, ACT, "wait", 9))
    _, path = of_run(tmp_path)
    assert (path.whole, path.clusters) == (12, 6)
