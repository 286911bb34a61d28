"""Crossings written by hand: the notation of selftest/notation.py with the words of an upgrade, and of what nobody could watch.

[  ]                   the upgrade begins, has ended;  ]silent:n1: and n1 has not told since that it lives
]vain  ]blind          it has ended, and all was waited for in vain;  nobody could ask which nodes live
n1:ready  n1:cordoned  n1:away  n1:v2  n1:booted   the Node n1 is so, from now on;  n1:gone: it is gone
n1:tainted  n1:pressed  n1:leaving  n1:runtime     it is drained by a taint; short of disk; being deleted; its runtime is newer
on0:n1                 the pod web-0 is on the node n1
id0:abc                the container of web-0 has this id
gap  relist            nobody can watch the pods;  what is there is listed again
lost:0                 the pod web-0 goes, and nobody sees it
records:0:5:1=5,2=4    web-0 is asked: it has records 1 to 5, and has heard 5 of web-1 and 4 of web-2; -: no answer.
                       The n-th record and the n-th question are of second 2n, and it is asked at the last record's
trouble:0              web-0 is asked in vain
"""

from __future__ import annotations

import re
from typing import Any

from conformance.history import ACT, ADDED, DELETED, GAP, MODIFIED, PROBE, History
from selftest.notation import _Teller

SPECIFIED: dict[str, dict[str, Any]] = {
    "cordoned": {"unschedulable": True},
    "tainted": {"taints": [{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}]},
    "pressed": {"taints": [{"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}]},
}
NODE_WORD = re.compile(r"(n\d+):(ready|cordoned|away|v2|booted|gone|tainted|pressed|leaving|runtime)")


def crossing(
    words: str, *, replicas: int = 3, tier: str = "node", one_order: bool = True, **specification: Any
) -> History:
    """The history that these words tell."""
    return _Crossing("StatefulSet", replicas, tier, True, True, one_order, specification).tell(words)


class _Crossing(_Teller):
    lives = 0

    def _step(self, word: str) -> None:
        verb, _, rest = word.partition(":")
        if word == "[":
            self._log(ACT, "upgrade", target="Cluster/")
        elif verb in ("]", "]silent", "]vain", "]blind"):
            silent = None if verb == "]blind" else [one for one in rest.split(",") if one]
            self._log(ACT, "upgraded", target="Cluster/", code=0, ready=verb != "]vain", silent=silent)
        elif match := NODE_WORD.fullmatch(word):
            self._node(*match.groups())
        elif verb[:-1] in ("on", "id"):
            self._change_pod(verb[:-1], verb[-1], rest)
        elif verb == "gap":
            self._log(GAP, rest or "Pod", reason="410 Gone")
        elif verb == "relist":
            there = [told["metadata"]["uid"] for key, told in self.there.items() if key.startswith(f"{rest or 'Pod'}/")]
            self._log(ACT, "relist", target=rest or "Pod", there=there)
        elif verb == "lost":
            self.rv += 1
            del self.there[rest if "/" in rest else f"Pod/{self._name(rest)}"]
        elif verb == "records":
            self._records(*rest.split(":"))
        elif verb == "trouble":
            self._log(PROBE, "records", target=f"Pod/{self._name(rest)}", trouble="no answer")
        else:
            super()._step(word)

    def _node(self, name: str, state: str) -> None:
        known = self.there.get(f"Node/{name}")
        conditions = [{"type": "Ready", "status": "Unknown" if state == "away" else "True"}]
        info = {"kubeletVersion": "v2" if state == "v2" else "v1", "bootID": "two" if state == "booted" else "one"}
        info["containerRuntimeVersion"] = "r2" if state == "runtime" else "r1"
        self.lives += not known
        uid = known["metadata"]["uid"] if known else f"node-{name}-{self.lives}"
        told: dict[str, Any] = {
            "metadata": {"name": name, "uid": uid} | ({"deletionTimestamp": "now"} if state == "leaving" else {}),
            "spec": SPECIFIED.get(state, {}),
            "status": {"conditions": conditions, "nodeInfo": info},
        }
        self._write(DELETED if state == "gone" else MODIFIED if known else ADDED, "Node", told)

    def _change_pod(self, what: str, which: str, value: str) -> None:
        pod = self.there[f"Pod/{self._name(which)}"]
        if what == "on":
            pod["spec"]["nodeName"] = value
        else:
            pod["status"]["containerStatuses"] = [{"name": "web", "containerID": value}]
        self._write(MODIFIED, "Pod", pod)

    def _records(self, which: str, number: str, heard: str = "") -> None:
        name = self._name(which)
        records = "".join(f"{name} {one} {one * 2} 1 beat 0123456789abcdef\n" for one in range(1, int(number) + 1))
        times = range(1, len(heard.split(",")) + 1)
        told = [one.partition("=") for one in heard.split(",") if one]
        lines = "".join(f"{at * 2} web-{of} {last}\n" for at, (of, _, last) in zip(times, told, strict=False))
        uid = self.there[f"Pod/{name}"]["metadata"]["uid"]
        now = int(number) * 2
        self._log(PROBE, "records", target=f"Pod/{name}", uid=uid, records=records, heard=lines, now=now)
