"""junit.xml, for tools that read nothing else.

Method: made from the results alone. One testcase for each test of each guarantee: its classname is the subject, its
name the guarantee's id, the tier and the test, none of which depends on how pytest was called. A test that proves two
guarantees is two testcases.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from reports.outcomes import Outcome
from reports.results import GuaranteeResult, Proof, Results

FILE_NAME = "junit.xml"
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NOT_APPLICABLE: "skipped",
    Outcome.EXCUSED: "skipped",
}


def stable_name(guarantee: str, tier: str | None, test: str) -> str:
    """Name a test of a guarantee, the same in every run: `ordering/waits-for-ready [node] test_each_pod_waits`."""
    return " ".join(part for part in (guarantee, f"[{tier}]" if tier else "", test) if part)


def render(results: Results) -> str:
    """Make the whole file."""
    suite = ElementTree.Element("testsuite", name=results.suite.name, timestamp=results.date)
    for one in results.guarantees:
        for test in one.tests:
            suite.append(_testcase(one, test))
    for error in results.troubles:
        _say(ElementTree.SubElement(suite, "testcase", classname="run", name="run", time="0"), "error", "error", error)
    for key, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{element}"))))
    suite.set("tests", str(len(suite)))
    suite.set("time", f"{sum(one.seconds for one in results.guarantees):.3f}")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        + NOT_XML.sub("?", ElementTree.tostring(root, encoding="unicode"))
        + "\n"
    )


def _testcase(one: GuaranteeResult, test: Proof) -> ElementTree.Element:
    name = stable_name(one.id, test.tier, test.test)
    case = ElementTree.Element("testcase", classname=one.subject, name=name, time=f"{test.seconds:.3f}")
    if test.outcome in ELEMENTS:
        _say(case, ELEMENTS[test.outcome], str(test.outcome), test.message, "\n".join(test.evidence))
    return case


def _say(case: ElementTree.Element, element: str, kind: str, message: str, text: str = "") -> None:
    said = ElementTree.SubElement(case, element, type=kind, message=message)
    said.text = text
