"""results.schema.json: what stands in a results.json, for programs that read it: `python -m conformance schema` prints it.

Method: JSON Schema, draft 2020-12, by hand beside `results.to_json`; a self-test holds each against the other. Further fields
may come with any version of the suite, so a reader must let pass what it does not know; `format` rises where one is taken away
or means something else.
"""

from __future__ import annotations

from typing import Any

from conformance.guarantees import Level
from reports.outcomes import Outcome, Verdict
from reports.results import FORMAT

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number", "minimum": 0}
TEXTS: Schema = {"type": "array", "items": TEXT}
OUTCOME: Schema = {"enum": [str(one) for one in Outcome]}


def _object(about: str, **fields: Schema) -> Schema:
    """An object that has all of these fields, whatever else it has."""
    return {"type": "object", "description": about, "properties": fields, "required": [*fields]}


def _said(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


TRIAL = _object(
    "One run of the suite on a cluster that something was wrong with, or on a lawful one.",
    name=TEXT,
    kind=TEXT,
    sentence=TEXT,
    breaks=_said(TEXTS, "the guarantees that must fail"),
    caught=_said(TEXTS, "those of them that did"),
    accused=_said(TEXTS, "those that failed beside them"),
    passed={"type": "integer", "minimum": 0},
    evidence=_said(TEXTS, "what was really done to the cluster or its answers, in figures"),
    seconds=NUMBER,
)
SCORE = _object(
    "What the suite itself was found to be worth, by seeded faults and lawful runs.",
    version=TEXT,
    date=TEXT,
    seconds=NUMBER,
    commit=_said(TEXT, "of the suite that was tried, or empty"),
    trials={"type": "array", "items": TRIAL},
)
TEST = _object(
    "What one test says of one guarantee.",
    id=_said(TEXT, "the test's own name, with its file"),
    tier=_said(_or_null(TEXT), "where it was run: control-plane, node, or null where that is not known"),
    outcome=OUTCOME,
    message=TEXT,
    evidence=_said(
        TEXTS, "a line for each violation, reason or error; `event N (rv R): …` names an entry of the history"
    ),
    history=_said(_or_null(TEXT), "the history that was judged, relative to this file's folder"),
    seconds=NUMBER,
)
GUARANTEE = _object(
    "One promise, and what came of its tests.",
    id=_said({"type": "string", "pattern": "^[a-z]+/[a-z0-9-]+$"}, "subject/what-holds; never given another meaning"),
    level={"enum": [str(one) for one in Level]},
    statement=TEXT,
    harm=_said(TEXT, "what it means for a database when the promise is broken"),
    source=_said(TEXT, "where Kubernetes makes the promise"),
    tiers=TEXTS,
    untested=_said(TEXT, "why no test can decide it, or empty"),
    unproved=_said(TEXT, "why no seeded fault can turn it red, or empty"),
    outcome=_said(_or_null(OUTCOME), "the worst of its tests; null: none was run"),
    tests={"type": "array", "items": TEST},
    evidence=TEXTS,
    seconds=NUMBER,
)
SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "results.json of a conformance run",
    **_object(
        "Everything that is known of one run. Readers let pass fields that they do not know.",
        format={"const": FORMAT},
        suite=_object(
            "Which suite judged.",
            name=TEXT,
            version=TEXT,
            commit=_said(TEXT, "of its source, as git describes it, or empty"),
            score=_or_null(SCORE),
        ),
        date=_said(TEXT, "when the run began, in UTC"),
        finished=_said({"type": "boolean"}, "whether it came to its end"),
        reproduce=_said(TEXT, "the command that was called"),
        cluster=_object("Which cluster was judged.", version=TEXT, provider=TEXT, capabilities=TEXTS),
        verdict={"enum": [str(one) for one in Verdict]},
        guarantees={"type": "array", "items": GUARANTEE},
        warnings=TEXTS,
        errors=_said(TEXTS, "troubles that belong to no test: they leave the run without a verdict"),
    ),
}
# What files of older versions lack.
SCHEMA["properties"] |= {
    "stale": _said(TEXTS, "excuses of what holds: they leave the run without a verdict, too"),
    "seconds": _said(NUMBER, "how long the run took, or has taken by now"),
}
SCHEMA["properties"]["cluster"]["properties"] |= {
    "context": _said(TEXT, "the name that its kubeconfig gives it, or empty"),
    "address": _said(TEXT, "where its API server was asked, or empty"),
}
