"""The picture of a history, as SVG for a page that brings the style: `report.css` has the classes that are named here.

Method: every state has a height of its own, so that nothing is told by colour only: the readier, the taller. All spans of one
state are one path, and what is shown in many pictures is short: a report holds hundreds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from itertools import accumulate

from reports.lanes import CLAIM, NODE, POD, REVISION, SET, Chart, Mark

LABELS, ROOM, RIGHT = 116, 750, 14  # pixels: of the names at the left, for all moments, and behind them
NARROWEST, WIDEST = 5, 30  # pixels of a moment
HEIGHTS = {POD: 22, SET: 16, REVISION: 16, CLAIM: 11, NODE: 16}
# How tall a state is, in parts of its lane.
TALL = {
    "created": 0.2,
    "scheduled": 0.4,
    "running": 0.6,
    "terminating": 0.6,
    "ready": 0.85,
    "bound": 0.6,
    "cordoned": 0.5,
}
TEXT_LINE, LETTER, BOLD = 13, 6.6, 7.2  # pixels: of a line, of a letter of a wide font, and of one in bold
HATCH, APART = 6, 45  # pixels between the lines of a gap, and from one time to the next
MOST_LINES, LONGEST_PIN, LONGEST_ACT, LONGEST_LABEL = 9, 100, 50, 18
WORDS = {
    "created": "created",
    "scheduled": "scheduled",
    "running": "running, not ready",
    "ready": "ready",
    "terminating": "terminating",
    "failed": "failed, lost, or a node not ready",
    "succeeded": "succeeded",
    "bound": "claim bound",
    "cordoned": "node cordoned",
}
MARKS = (
    ("act", "M9 0V14", "the test acts"),
    ("probe", "M9 7h0", "a client asks"),
    ("gap", "M0 0H18V14H0zM0 7L9 0M0 14L18 0M9 14L18 7", "a gap in the watch"),
    ("spot", "M9 7h0", "the event in question"),
)


def svg(chart: Chart, title: str) -> str:
    """Draw a chart; `title` is what a screen reader says of it. The names of its lanes stay in view when it is scrolled."""
    return _Picture(chart).drawn(title) if chart.moments else ""


class _Picture:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.step = min(WIDEST, max(NARROWEST, ROOM // len(chart.moments)))
        self.pinned = [replace(pin, text=_shortened(pin.text, LONGEST_PIN)) for pin in chart.pins[:MOST_LINES]]
        acts = [replace(act, text=_shortened(act.text, LONGEST_ACT)) for act in chart.acts]
        self.width = self._width(acts)
        self.acts = self._lines(acts)
        self.top = TEXT_LINE * min(MOST_LINES, 1 + max((line for _, line in self.acts), default=-1)) + 6
        self.tops, bottom = list[int](), self.top
        for lane in chart.lanes:
            self.tops.append(bottom)
            bottom += HEIGHTS[lane.role]
        self.asked = bottom
        self.bottom = bottom + (HEIGHTS[REVISION] if chart.probes else 0) + 4
        self.noted = self.bottom + (TEXT_LINE if chart.bands or chart.gaps else 0)
        self.height = self.noted + TEXT_LINE * (2 + len(self.pinned)) + 2

    def _width(self, acts: Iterable[Mark]) -> float:
        """Room for all moments and for the longest text; and, up to what a page has, for each text behind its mark."""
        texts = [(mark, len(mark.text) * BOLD) for mark in self.pinned]
        texts += [(mark, len(mark.text) * LETTER) for mark in acts]
        behind = max((self._x(mark.at + 0.5) + wide for mark, wide in texts), default=0)
        return max(len(self.chart.moments) * self.step, min(ROOM, behind), *(wide for _, wide in texts)) + RIGHT

    def drawn(self, title: str) -> str:
        return (
            f'<div class="picture" tabindex="0">{_opened("timeline names", LABELS, self.height, "aria-hidden", "true")}'
            f"{self._names()}</svg>{_opened('timeline', self.width, self.height, 'role', 'img')}<title>{escape(title)}</title>"
            f"{self._bands()}{self._rules()}{self._spans()}{self._act_lines()}{self._probes()}{self._gaps()}{self._pins()}"
            f"{self._texts()}{self._act_texts()}{self._notes()}{self._times()}{self._pin_texts()}</svg></div>"
        )

    def _x(self, moment: float) -> float:
        return moment * self.step

    def _bands(self) -> str:
        boxes = (_box(self._x(one.begin), self.top, self._x(one.end), self.bottom) for one in self.chart.bands)
        return _path("band", "".join(boxes))

    def _names(self) -> str:
        names, claims = "", ""
        for lane, top in zip(self.chart.lanes, self.tops, strict=True):
            named = _text(0, top + HEIGHTS[lane.role] - 4, _shortened(lane.label, LONGEST_LABEL))
            names, claims = (names, claims + named) if lane.role == CLAIM else (names + named, claims)
        asked = _text(0, self.asked + 12, "client asks") if self.chart.probes else ""
        return names + asked + _group("small", claims)

    def _rules(self) -> str:
        """A line above each lane."""
        return _path("rule", "".join(f"M0 {top}H{self.width:.0f}" for top in [*self.tops, self.asked]))

    def _spans(self) -> str:
        """Each state as lines that are as thick as it is tall."""
        paths = dict[tuple[str, int], str]()
        for lane, top in zip(self.chart.lanes, self.tops, strict=True):
            hole = lane.role in (SET, REVISION, NODE)  # where one state may follow upon another of its colour
            for span in lane.spans:
                height = HEIGHTS[lane.role] - 2
                tall = round(TALL.get(span.state, 0.85) * height)
                line = f"M{self._x(span.begin):g} {top + height - tall / 2:g}H{self._x(span.end) - hole:g}"
                paths[span.state, tall] = paths.get((span.state, tall), "") + line
        return "".join(
            f'<path class="{state}" stroke-width="{tall}" d="{lines}"/>' for (state, tall), lines in paths.items()
        )

    def _texts(self) -> str:
        """What stands in spans: each text in the first one with room for it, up to where the lane has a hole."""
        found = {"in": "", "on": ""}
        for lane, top in zip(self.chart.lanes, self.tops, strict=True):
            text, end = "", 0
            for span in lane.spans:
                text = span.text or (text if span.begin == end else "")
                end = span.end
                if text and len(text) * BOLD <= (span.end - span.begin) * self.step:
                    name = "in" if lane.role in (SET, REVISION) else "on"
                    found[name] += _text(self._x(span.begin) + 2, top + HEIGHTS[lane.role] - 5, text)
                    text = ""
        return "".join(_group(name, texts) for name, texts in found.items())

    def _lines(self, marks: Iterable[Mark]) -> list[tuple[Mark, int]]:
        """Each mark, and the line on which its text meets no other."""
        free, placed = list[float](), []
        for mark in marks:
            begin = self._beginning(mark)
            line = next((number for number, end in enumerate(free) if end <= begin), len(free))
            free[line:] = [begin + len(mark.text) * LETTER + 8, *free[line + 1 :]]
            placed.append((mark, line))
        return placed

    def _beginning(self, mark: Mark, letter: float = LETTER) -> float:
        """Where a text at this mark begins: behind it, or so that it ends before it, where there is no room behind."""
        x, wide = self._x(mark.at + 0.5), len(mark.text) * letter
        return x + 3 if x + 3 + wide <= self.width else max(0.0, x - 3 - wide)

    def _act_lines(self) -> str:
        tops = ((mark, TEXT_LINE * min(line, MOST_LINES)) for mark, line in self.acts)
        return _path("act", "".join(f"M{self._x(mark.at + 0.5):g} {top}V{self.bottom}" for mark, top in tops))

    def _act_texts(self) -> str:
        """What the test did, as far as there are lines for it."""
        texts = (
            _text(self._beginning(mark), TEXT_LINE * (line + 1) - 2, mark.text)
            for mark, line in self.acts
            if line < MOST_LINES
        )
        return "".join(texts)

    def _probes(self) -> str:
        return _path("probe", "".join(f"M{self._x(mark.at + 0.5):g} {self.asked + 8}h0" for mark in self.chart.probes))

    def _gaps(self) -> str:
        """Where the watch has a gap: hatched from the first lane to the last."""
        drawn = ""
        for at in self.chart.gaps:
            left, right = self._x(at), self._x(at + 1)
            hatched = (
                f"M{left:g} {row + HATCH}L{right:g} {row}" for row in range(self.top, self.bottom - HATCH, HATCH)
            )
            drawn += _box(left, self.top, right, self.bottom) + "".join(hatched)
        return _path("gap", drawn)

    def _notes(self) -> str:
        """What bands and gaps are, beneath them, where there is room for it."""
        notes = [(band.begin, band.text) for band in self.chart.bands] + [(at, "gap") for at in self.chart.gaps]
        return self._in_line(((self._x(at), text) for at, text in sorted(notes)), self.noted - 3, LETTER)

    def _times(self) -> str:
        """Seconds since the first moment, where there is room for them; a list may tell of older ones than stand before it."""
        times = [(at, _seconds(one.time)) for at, one in enumerate(self.chart.moments)]
        known = [(at, time) for at, time in times if time is not None]
        began = min((time for _, time in known), default=0.0)
        newest = accumulate((time for _, time in known), max)
        texts = (
            (self._x(at), f"{time - began:.1f} s")
            for (at, time), latest in zip(known, newest, strict=True)
            if time == latest
        )
        return self._in_line(texts, self.noted + TEXT_LINE - 2, APART)

    def _in_line(self, texts: Iterable[tuple[float, str]], y: float, apart: float) -> str:
        """Those of these texts, each at its place, that keep so far from the one before and end within the picture."""
        found, free = "", 0.0
        for x, text in texts:
            end = x + len(text) * LETTER
            if free <= x and end <= self.width:
                found += _text(x, y, text)
                free = end + apart
        return _group("faint", found)

    def _pins(self) -> str:
        """The events of which something is said: each with a line down to its text."""
        lines, spots = "", ""
        for mark, y in self._pinned_lines():
            lines += f"M{self._x(mark.at + 0.5):g} {self.top}V{y + 2}"
            spots += f"M{self._x(mark.at + 0.5):g} {self._height_of(mark):g}h0"
        return _path("pin", lines) + _path("spot", spots)

    def _pin_texts(self) -> str:
        return _group(
            "pinned", "".join(_text(self._beginning(mark, BOLD), y, mark.text) for mark, y in self._pinned_lines())
        )

    def _pinned_lines(self) -> Iterator[tuple[Mark, int]]:
        """Each pin and the line of its text: the later it is, the higher, so that no line goes through another's text."""
        return ((mark, self.noted + TEXT_LINE * (2 + line)) for line, mark in enumerate(reversed(self.pinned)))

    def _height_of(self, mark: Mark) -> float:
        """The middle of the lane that a mark is about, or the upper end where none is."""
        return next(
            (
                top + HEIGHTS[lane.role] / 2
                for lane, top in zip(self.chart.lanes, self.tops, strict=True)
                if lane.label == mark.name
            ),
            float(self.top),
        )


def _opened(name: str, width: float, height: float, attribute: str, value: str) -> str:
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
    return f'<svg class="{name}" {attribute}="{value}" {size}>'


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left:g} {top:g}H{right:g}V{bottom:g}H{left:g}z"


def _path(name: str, drawn: str) -> str:
    return f'<path class="{name}" d="{drawn}"/>' if drawn else ""


def _group(name: str, drawn: str) -> str:
    return f'<g class="{name}">{drawn}</g>' if drawn else ""


def _text(x: float, y: float, text: str) -> str:
    place = f' x="{x:.0f}"' if x else ""
    return f'<text{place} y="{y:.0f}">{escape(text, quote=False)}</text>'


def _shortened(text: str, longest: int) -> str:
    """A text with its middle left out where it is long: the end of a name tells pods apart."""
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[longest // 2 + 1 - longest :]}"


def _seconds(time: str) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None


def legend(states: Sequence[str]) -> str:
    """What the heights and colours mean, for these states, and what the marks across all lanes are."""
    shown = ""
    for state in [state for state in states if state in WORDS]:
        tall = TALL.get(state, 0.85) * 12
        shown += _sample(f'<path class="{state}" stroke-width="{tall:g}" d="M0 {13 - tall / 2:g}H18"/>', WORDS[state])
    for name, drawn, word in MARKS:
        shown += _sample(_path(name, drawn), word)
    return f'<p class="legend">{shown}</p>'


def _sample(drawn: str, word: str) -> str:
    return f'<span><svg width="18" height="14" aria-hidden="true">{drawn}</svg> {word}</span>'
