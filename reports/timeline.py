"""The picture of a history, as SVG for a page that brings the style: `report.css` has the classes that are named here.

Method: every state has a height of its own, so that nothing is told by colour only: the readier, the taller. All spans of one
state are one path, and what is shown in many pictures is short: a report holds hundreds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from reports.lanes import CLAIM, NODE, POD, REVISION, SET, Chart, Lane, Mark, Span

LABELS, ROOM, RIGHT = 116, 780, 14  # pixels: of the names at the left, for all moments, and behind them
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
TEXT_LINE, LETTER, BOLD = 13, 5.8, 6.6  # pixels: of a line, of a letter, and of one in bold
MOST_LINES, LONGEST_PIN, LONGEST_LABEL = 9, 120, 18
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


def svg(chart: Chart, title: str) -> str:
    """Draw a chart; `title` is what a screen reader says of it."""
    return _Picture(chart).drawn(title) if chart.moments else ""


class _Picture:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.step = min(WIDEST, max(NARROWEST, ROOM / len(chart.moments)))
        longest = max((min(len(pin.text), LONGEST_PIN) for pin in chart.pins), default=0)
        self.width = max(LABELS + len(chart.moments) * self.step + RIGHT, longest * BOLD)
        lines = self._lines(chart.acts)
        self.acts = [(mark, line) for mark, line in lines if line < MOST_LINES]
        self.top = TEXT_LINE * (1 + max((line for _, line in self.acts), default=-1)) + 6
        self.tops, bottom = list[float](), float(self.top)
        for lane in chart.lanes:
            self.tops.append(bottom)
            bottom += HEIGHTS[lane.role]
        self.asked = bottom
        self.bottom = bottom + (HEIGHTS[REVISION] if chart.probes else 0) + 4

    def drawn(self, title: str) -> str:
        pins = self._pins()
        height = self.bottom + TEXT_LINE * (2 + len(pins)) + 2
        return (
            f'<svg class="timeline" role="img" viewBox="0 0 {self.width:.0f} {height:.0f}" width="{self.width:.0f}">'
            f"<title>{escape(title)}</title>"
            f"{self._bands()}{self._rules()}{self._spans()}{self._texts()}{self._acts()}{self._probes()}{self._gaps()}"
            f"{self._times()}{''.join(pins)}</svg>"
        )

    def _x(self, moment: float) -> float:
        return round(LABELS + moment * self.step, 1)

    def _bands(self) -> str:
        return "".join(
            f'<path class="band" d="{_box(self._x(band.begin), self.top, self._x(band.end), self.bottom)}"/>'
            f"{_text(self._x(band.begin) + 3, self.bottom - 3, band.text, 'faint')}"
            for band in self.chart.bands
        )

    def _rules(self) -> str:
        """A line beneath each lane, and its name."""
        lines = "".join(f"M0 {top:.0f}H{self.width:.0f}" for top in [*self.tops, self.asked])
        names = "".join(
            _text(0, top + HEIGHTS[lane.role] - 4, _shortened(lane.label), "small" if lane.role == CLAIM else "")
            for lane, top in zip(self.chart.lanes, self.tops, strict=True)
        )
        asked = _text(0, self.asked + 12, "client asks") if self.chart.probes else ""
        return f'<path class="rule" d="{lines}"/>{names}{asked}'

    def _spans(self) -> str:
        paths = dict[str, str]()
        for lane, top in zip(self.chart.lanes, self.tops, strict=True):
            for span in lane.spans:
                paths[span.state] = paths.get(span.state, "") + self._box_of(lane, span, top)
        return "".join(f'<path class="{state}" d="{boxes}"/>' for state, boxes in paths.items())

    def _box_of(self, lane: Lane, span: Span, top: float) -> str:
        height = HEIGHTS[lane.role]
        bottom = top + height - 2
        return _box(self._x(span.begin), bottom - TALL.get(span.state, 0.85) * (height - 2), self._x(span.end), bottom)

    def _texts(self) -> str:
        """What stands in spans, where there is room for it."""
        found = []
        for lane, top in zip(self.chart.lanes, self.tops, strict=True):
            for span in lane.spans:
                if span.text and len(span.text) * LETTER <= (span.end - span.begin) * self.step:
                    found.append(_text(self._x(span.begin) + 2, top + HEIGHTS[lane.role] - 5, span.text, "in"))
        return "".join(found)

    def _lines(self, marks: Iterable[Mark]) -> list[tuple[Mark, int]]:
        """Each mark, and the line on which its text meets no other."""
        free, placed = list[float](), []
        for mark in marks:
            begin = self._beginning(mark)
            line = next((number for number, end in enumerate(free) if end <= begin), len(free))
            free[line:] = [begin + len(mark.text) * LETTER + 8, *free[line + 1 :]]
            placed.append((mark, line))
        return placed

    def _beginning(self, mark: Mark) -> float:
        """Where a text at this mark begins, so that it ends within the picture."""
        return max(0.0, min(self._x(mark.at + 0.5) + 3, self.width - len(mark.text) * LETTER))

    def _acts(self) -> str:
        lines = "".join(f"M{self._x(mark.at + 0.5)} {TEXT_LINE * line}V{self.bottom:.0f}" for mark, line in self.acts)
        texts = "".join(
            _text(self._beginning(mark), TEXT_LINE * (line + 1) - 2, mark.text, "say") for mark, line in self.acts
        )
        return f'<path class="act" d="{lines}"/>{texts}' if lines else ""

    def _probes(self) -> str:
        dots = "".join(f"M{self._x(mark.at + 0.5)} {self.asked + 8:.0f}h0" for mark in self.chart.probes)
        return f'<path class="probe" d="{dots}"/>' if dots else ""

    def _gaps(self) -> str:
        return "".join(
            f'<path class="gap" d="{_box(self._x(at), self.top, self._x(at + 1), self.bottom)}"/>'
            f"{_text(self._x(at), self.bottom - 3, 'gap', 'faint')}"
            for at in self.chart.gaps
        )

    def _times(self) -> str:
        """Seconds since the first moment, where there is room for them."""
        times = [_seconds(one.time) for one in self.chart.moments]
        began = next((time for time in times if time is not None), 0.0)
        found, free = [], 0.0
        for at, time in enumerate(times):
            if time is not None and self._x(at) >= free:
                text = f"{time - began:.1f} s"
                found.append(_text(self._x(at), self.bottom + TEXT_LINE, text, "faint"))
                free = self._x(at) + 54
        return "".join(found)

    def _pins(self) -> list[str]:
        """The events of which something is said: a line each, with its text beneath the picture."""
        found = []
        for line, mark in enumerate(self.chart.pins[:MOST_LINES]):
            text = mark.text if len(mark.text) <= LONGEST_PIN else f"{mark.text[: LONGEST_PIN - 1]}…"
            x, y = self._x(mark.at + 0.5), self.bottom + TEXT_LINE * (2 + line)
            begin = max(0.0, min(x + 5, self.width - len(text) * BOLD))
            found.append(
                f'<path class="pin" d="M{x} {self.top}V{y + 2:.0f}M{x} {self._height_of(mark):.0f}h0"/>'
                f"{_text(begin, y, text, 'pinned')}"
            )
        return found

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


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left:g} {top:g}H{right:g}V{bottom:g}H{left:g}z"


def _text(x: float, y: float, text: str, name: str = "") -> str:
    named = f' class="{name}"' if name else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}">{escape(text, quote=False)}</text>'


def _shortened(label: str) -> str:
    """A name with its middle left out where it is long: its end tells pods apart."""
    return label if len(label) <= LONGEST_LABEL else f"{label[:8]}…{label[9 - LONGEST_LABEL :]}"


def _seconds(time: str) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None


def legend(states: Sequence[str]) -> str:
    """What the heights and colours mean, for these states."""
    samples = "".join(
        f'<span><svg width="18" height="14" aria-hidden="true"><path class="{state}" '
        f'd="{_box(0, 13 - TALL.get(state, 0.85) * 12, 18, 13)}"/></svg> {WORDS[state]}</span>'
        for state in states
        if state in WORDS
    )
    return f'<p class="legend">{samples}</p>'
