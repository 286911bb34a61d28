"""Parallel: pods leave together, as they come.

Method: the pods are held in Terminating, so that one which waited for another to be gone would wait as long as they are. That
all are created while none is Ready is asked as of a ReplicaSet (`creates_all_at_once`).
"""

from __future__ import annotations

from conformance.checks.evidence import end_of, judge_each, ordinal_in
from conformance.checks.proof import cut_short, looked_since, never_happened
from conformance.history import Event, History, Inconclusive, Life, Violation


def removes_all_at_once(history: History) -> list[Violation]:
    """The last scaling down, of two pods at least, began to terminate each before any of them was gone."""
    history.require_complete()
    history.require_one_order()
    acts = history.acts("scale")
    if not acts:
        return cut_short(history, "scaling")
    act, kept = acts[-1], int(acts[-1].object["replicas"])
    there = [pod for pod in history.pods if (state := pod.at(act.rv + 1)) is not None and not state.terminating]
    surplus = [pod for pod in there if (ordinal_in(history, pod) or 0) >= kept]
    if len(surplus) < 2:
        raise Inconclusive(f"{act}: fewer than two pods were surplus, so nothing shows whether they left together")
    gone = min((pod.gone for pod in surplus if pod.gone is not None), key=lambda event: event.number, default=None)
    return judge_each(surplus, lambda pod: _left_late(history, pod, act, gone))


def _left_late(history: History, pod: Life, act: Event, gone: Event | None) -> list[Violation]:
    began = pod.terminated
    if began is None:
        if end_of(history, act) <= history.log[-1].number:
            raise Inconclusive(f"{pod.name} was not removed, but the scaling was not the last that was done")
        return [never_happened(history, act, f"{pod.name} did not begin to terminate")]
    if gone is None or gone.uid == pod.uid or began.number < gone.number:
        return []
    # The requests go out one after the other, and what nobody holds may be gone before the next is sent.
    proof = looked_since(history, act)
    if proof is None or proof.number > gone.number:
        raise Inconclusive(f"{pod.name} began to terminate when {gone.name} was gone, which may have been quick")
    return [Violation(began, f"{pod.name} began to terminate only when {gone.name} was gone")]
