"""Histories of ledgers written by hand: the notation of selftest/notation.py, and what the pods write to their claims.

begin:0                the process of the pod web-0 that is there begins, with the next token, and answers from now on
append:0:a             web-0 is asked to write `a`, does, and acknowledges it
append:0:a:lost        ... it does, and its answer is lost;  never: it does not, and nobody knows;  refused: it refuses
asks:0:a  ends:0:a     the same in two words: others may ask, and things happen, between them
beat:0                 web-0 writes a record of its own
recall:0  recall:0:2   web-0 tells all that stands on its claim, and has synced it all;  only up to the record 2
older:0:a  wants:0     the process before the one that answers writes `a`;  it is about to write, and is refused
while:0:a              that one wrote `a` while the one that answers began, which had not seen it
again:0                that one tells all
cut:0:2                of the lines of the claim the last two are lost
drop:0:3  double:0:3  damage:0:3    the third is lost, stands there twice, is damaged
torn:0                 half a line stands at its end, marked as such
keep:0  back:0         a snapshot is made of the claim; it is as it was then
empty:0  swap:0:1      the claim is empty; each of the two has what the other had
"""

from __future__ import annotations

from typing import Any

from conformance.checks.operations import Incarnation, sealed
from conformance.history import PROBE, History
from selftest.notation import _Teller

VERBS = (
    *("begin", "append", "asks", "ends", "beat", "recall", "older", "while", "wants", "again"),
    *("cut", "drop", "double", "damage", "torn", "keep", "back", "empty", "swap"),
)


def ledger(words: str, *, replicas: int = 2, **specification: Any) -> History:
    """The history that these words tell."""
    return _Ledgers("StatefulSet", replicas, "node", True, True, True, specification).tell(words)


class _Ledgers(_Teller):
    def tell(self, words: str) -> History:
        self.lines: dict[str, list[str]] = {}
        self.kept: dict[str, list[str]] = {}
        self.refused: dict[str, list[str]] = {}
        self.processes: dict[str, list[Incarnation]] = {}
        self.asked: dict[str, int] = {}
        self.operations = 0
        return super().tell(words)

    def _step(self, word: str) -> None:
        verb, *rest = word.split(":")
        if verb in VERBS:
            getattr(self, f"_{verb}")(self._name(rest[0]), *rest[1:])
        else:
            super()._step(word)

    def _number(self, name: str) -> int:
        """The number of the last record on a claim."""
        numbers = [
            int(line.split()[1]) for line in self.lines[name] if not line.startswith("#") and " torn" not in line
        ]
        return max(numbers, default=0)

    def _begin(self, name: str) -> None:
        lines = self.lines.setdefault(name, [])
        token = 1 + max((int(line.split()[5]) for line in lines if line.startswith("# began")), default=0)
        uid = self.there[f"Pod/{name}"]["metadata"]["uid"]
        lines.append(sealed(f"# began 0 n1 {self._number(name)} {token} {uid}"))
        self.processes.setdefault(name, []).append(Incarnation(uid, token))

    def _record(self, name: str, write: str, incarnation: Incarnation) -> str:
        line = sealed(f"{name} {self._number(name) + 1} 0 {incarnation.token} {write}")
        self.lines[name].append(line)
        return line

    def _append(self, name: str, write: str, how: str = "") -> None:
        self._asks(name, write)
        self._ends(name, write, how)

    def _asks(self, name: str, write: str) -> None:
        self.operations += 1
        self.asked[f"{name} {write}"] = self.operations
        self._tell_step("append", name, self.operations, write=write, step="invoke")

    def _ends(self, name: str, write: str, how: str = "") -> None:
        number, by = self.asked[f"{name} {write}"], self.processes[name][-1]
        line = self._record(name, write, by) if how in ("", "lost") else ""
        if how:
            step = "fail" if how == "refused" else "unknown"
            self._tell_step("append", name, number, write=write, step=step, trouble=how)
        else:
            self._tell_step("append", name, number, write=write, step="ok", **by._asdict(), record=line)

    def _beat(self, name: str) -> None:
        self._record(name, "beat", self.processes[name][-1])

    def _recall(self, name: str, synced: str = "") -> None:
        self._tell_all(name, self.processes[name][-1], synced)

    def _again(self, name: str) -> None:
        self._tell_all(name, self.processes[name][-2])

    def _tell_all(self, name: str, by: Incarnation, synced: str = "") -> None:
        self.operations += 1
        self._tell_step("recall", name, self.operations, step="invoke")
        records, refused = ("".join(f"{line}\n" for line in of.get(name, ())) for of in (self.lines, self.refused))
        told = {"records": records, "refused": refused, "synced": int(synced or self._number(name))}
        self._tell_step("recall", name, self.operations, step="ok", **by._asdict(), **told)

    def _tell_step(self, kind: str, name: str, number: int, **what: Any) -> None:
        self._log(PROBE, kind, operation=number, target=f"Pod/{name}", **what)

    def _older(self, name: str, write: str) -> None:
        self._record(name, write, self.processes[name][-2])

    def _while(self, name: str, write: str) -> None:
        lines, older = self.lines[name], self.processes[name][-2]
        place = max(place for place, line in enumerate(lines) if line.startswith("# began"))
        lines.insert(place, sealed(f"{name} {int(lines[place].split()[4]) + 1} 0 {older.token} {write}"))

    def _wants(self, name: str) -> None:
        by, newest = self.processes[name][-2], self.processes[name][-1].token
        self.refused.setdefault(name, []).append(sealed(f"# refused 0 n1 {newest} {by.token} {by.uid}"))

    def _cut(self, name: str, lines: str) -> None:
        del self.lines[name][-int(lines) :]

    def _drop(self, name: str, line: str) -> None:
        del self.lines[name][int(line) - 1]

    def _double(self, name: str, line: str) -> None:
        self.lines[name].insert(int(line), self.lines[name][int(line) - 1])

    def _damage(self, name: str, line: str) -> None:
        self.lines[name][int(line) - 1] = self.lines[name][int(line) - 1].replace(" 0 ", " 7 ", 1)

    def _torn(self, name: str) -> None:
        self.lines[name].append(f"{name} {self._number(name) + 1} 0 torn")

    def _keep(self, name: str) -> None:
        self.kept[name] = list(self.lines[name])

    def _back(self, name: str) -> None:
        self.lines[name] = list(self.kept[name])

    def _empty(self, name: str) -> None:
        self.lines[name] = []

    def _swap(self, name: str, which: str) -> None:
        other = self._name(which)
        self.lines[name], self.lines[other] = self.lines[other], self.lines[name]
