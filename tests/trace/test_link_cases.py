"""Zipkin's own expectations of its dependency linker, in any order of the input."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from analyzer.model.span import Call
from analyzer.trace.assemble import assemble
from tests.trace.spans import from_zipkin, links_of


def test_every_upstream_expectation_is_met(peer_data: Path) -> None:
    cases = json.loads((peer_data / "data/zipkin/dependency_link_cases.json").read_text())
    shuffle = Random(5).shuffle
    met = 0
    for case in cases:
        for expectation in case["expects"]:
            calls: list[Call] = []
            for documents in case["puts"][: expectation["after"]]:
                spans = [from_zipkin(document, row) for row, document in enumerate(documents)]
                shuffle(spans)
                calls += assemble(spans).calls
            expected = sorted(
                (link["parent"], link["child"], link["callCount"], link.get("errorCount", 0))
                for link in expectation["links"]
            )
            assert links_of(calls) == expected, case["name"]
            met += 1
    assert met == 26


def test_real_traces_are_read_without_losing_a_span(peer_data: Path) -> None:
    for file in sorted((peer_data / "data/zipkin/testdata").glob("*.json")):
        documents = json.loads(file.read_text())
        result = assemble([from_zipkin(document, row) for row, document in enumerate(documents)])
        counted = result.quality.total
        merged = counted("duplicate") + counted("conflict")
        assert counted("spans") + merged == len(documents), file.name
        for journey in result.journeys:
            length = sum(s.end_ns - s.start_ns for s in result.sections)
            assert journey.duration_ns is None or length == journey.duration_ns, file.name
