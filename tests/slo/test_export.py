"""Exports judged by the tools they are for: promtool and amtool, and by mutants of the rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.export import NotExportableError, export_files
from analyzer.slo.export.promql import duration, number
from analyzer.slo.export.yaml_text import render
from analyzer.slo.spec import ObjectiveSet, SourceText, read_objectives
from tests.slo.samples import CAMPAIGN, edited, read
from tests.slo.test_spec_reading import REFERENCES

MONTH = CAMPAIGN[: CAMPAIGN.index("  alertPolicies:")].replace("duration: 4h", "duration: 30d")


@dataclass(frozen=True)
class Tools:
    promtool: Path
    amtool: Path

    def run(self, tool: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool, *arguments], cwd=cwd, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """promtool and amtool from the path, or unpacked from Debian's packages; nothing installed."""
    found = shutil.which("promtool"), shutil.which("amtool")
    if found[0] and found[1]:
        return Tools(Path(found[0]), Path(found[1]))
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("promtool and amtool: neither on the path nor apt-get to fetch them with")
    folder = tmp_path_factory.mktemp("prometheus")
    fetch = subprocess.run(
        ["apt-get", "download", "prometheus", "prometheus-alertmanager"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if fetch.returncode:
        pytest.skip(f"promtool and amtool could not be fetched: {fetch.stderr.strip()[-200:]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    return Tools(folder / "usr/bin/promtool", folder / "usr/bin/amtool")


@pytest.fixture(scope="module")
def recommended(peer_data: Path) -> ObjectiveSet:
    path = peer_data / "slo" / "recommended" / "ticket-submit.openslo.yaml"
    return read_objectives([SourceText(path.name, path.read_text())])


def written(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def assert_rules_pass(tools: Tools, files: dict[str, str], folder: Path) -> None:
    written(files, folder)
    for name in sorted(files):
        if name.endswith(".rules.yml"):
            run = tools.run(tools.promtool, "check", "rules", name, cwd=folder)
        elif ".tests-" in name:
            run = tools.run(tools.promtool, "test", "rules", name, cwd=folder)
        elif name.endswith(".dashboard.json"):
            run = checked_expressions(tools, files[name], folder)
        else:
            run = tools.run(tools.amtool, "check-config", name, cwd=folder)
        assert run.returncode == 0, (name, run.stdout, run.stderr)


def expressions(dashboard: str) -> list[str]:
    """Every PromQL expression of a dashboard, in the order of its panels."""
    panels = json.loads(dashboard)["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def checked_expressions(
    tools: Tools, dashboard: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Every expression of a dashboard as a recording rule, checked by promtool."""
    found = expressions(dashboard)
    assert len(found) >= 5
    rules = [
        {"record": f"panel:{place}", "expr": expr.replace("$__rate_interval", "5m")}
        for place, expr in enumerate(found)
    ]
    wrapped = {"groups": [{"name": "dashboard", "rules": rules}]}
    (folder / "dashboard.yml").write_text(yaml.safe_dump(wrapped))
    return tools.run(tools.promtool, "check", "rules", "dashboard.yml", cwd=folder)


def test_dashboard_never_shows_missing_data_as_healthy(recommended: ObjectiveSet) -> None:
    (text,) = [t for name, t in export_files(recommended).items() if name.endswith(".json")]
    panels = json.loads(text)["panels"]
    assert {panel["fieldConfig"]["defaults"]["noValue"] for panel in panels} == {"no data"}
    steps = [p["fieldConfig"]["defaults"]["thresholds"]["steps"] for p in panels]
    assert {step[0]["color"] for step in steps} == {"text"}
    titles = " ".join(panel["title"] for panel in panels)
    assert all(pair in titles for pair in ("page-quick", "page-slow", "ticket"))
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_recommended_sample_exports_what_its_tools_accept(
    tools: Tools, recommended: ObjectiveSet, tmp_path: Path
) -> None:
    files = export_files(recommended)
    assert len([name for name in files if ".tests-" in name]) == 3
    assert_rules_pass(tools, files, tmp_path)


@pytest.mark.long
def test_month_exports_what_its_tools_accept(tools: Tools, tmp_path: Path) -> None:
    assert_rules_pass(tools, export_files(read(MONTH)), tmp_path)


def test_foreign_queries_export_rules_without_made_up_tests(tools: Tools, tmp_path: Path) -> None:
    files = export_files(read(REFERENCES))
    assert not [name for name in files if ".tests-" in name]
    assert_rules_pass(tools, files, tmp_path)


def test_every_policy_yields_an_alert_that_names_its_pair(recommended: ObjectiveSet) -> None:
    (rules,) = [text for name, text in export_files(recommended).items() if "rules" in name]
    alerts = [r for r in yaml.safe_load(rules)["groups"][0]["rules"] if "alert" in r]
    by_pair = {alert["labels"].get("pair"): alert["alert"] for alert in alerts}
    assert by_pair["page-quick"] == "SLOBudgetSpendPageQuick"
    assert {"page-quick", "page-slow", "ticket"} <= by_pair.keys()
    assert "0.2 * slo:budget:events" in rules
    assert "sqrt" in rules


def test_output_is_a_function_of_the_objectives(recommended: ObjectiveSet) -> None:
    assert export_files(recommended) == export_files(recommended)


def test_objectives_that_count_nothing_cannot_be_exported() -> None:
    with pytest.raises(NotExportableError, match="write a ratioMetric"):
        export_files(ObjectiveSet(()))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("slo=support-ticket-submit-5s pair=page-quick severity=page", "ops-oncall"),
        ("slo=support-ticket-submit-5s pair=page-slow severity=page", "ops-oncall"),
        ("slo=support-ticket-submit-5s pair=ticket severity=ticket", "ops-chat"),
        ("slo=support-ticket-submit-5s alertname=SLINoData severity=page", "ops-oncall"),
        ("slo=support-ticket-submit-5s alertname=SLIInconsistent", "ops-chat"),
    ],
)
def test_each_alert_reaches_the_targets_of_its_policy(
    tools: Tools, recommended: ObjectiveSet, tmp_path: Path, labels: str, receiver: str
) -> None:
    written(export_files(recommended), tmp_path)
    command = "config routes test --config.file=alertmanager.yml --verify.receivers"
    arguments = [*command.split()[:-1], f"--verify.receivers={receiver}", *labels.split()]
    run = tools.run(tools.amtool, *arguments, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


def test_policy_with_two_targets_tells_both(tools: Tools, tmp_path: Path) -> None:
    text = edited(
        "- targetRef: ops-oncall\n", "- targetRef: ops-oncall\n          - targetRef: second\n"
    )
    text += text[text.index("---") :].replace("ops-oncall", "second")
    written(export_files(read(text)), tmp_path)
    run = tools.run(
        tools.amtool,
        *["config", "routes", "test", "--config.file=alertmanager.yml"],
        "--verify.receivers=ops-oncall,second",
        "slo=ticket-submit-5s",
        "pair=page-quick",
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr


Rule = dict[str, object]


def _term(dropped: int) -> Callable[[str], str]:
    def mutate(expr: str) -> str:
        terms = expr.split("\nand ")
        return "\nand ".join(t for i, t in enumerate(terms) if i != dropped)

    return mutate


def _alerts(rules: list[Rule]) -> list[Rule]:
    return [r for r in rules if str(r.get("alert", "")).startswith("SLOBudget")]


def _change(field: str, change: Callable[[str], str | None]) -> Callable[[list[Rule]], list[Rule]]:
    def mutate(rules: list[Rule]) -> list[Rule]:
        for rule in _alerts(rules):
            changed = change(str(rule[field]))
            rule.pop(field) if changed is None else rule.update({field: changed})
        return rules

    return mutate


def _without(alert: str) -> Callable[[list[Rule]], list[Rule]]:
    return lambda rules: [r for r in rules if r.get("alert") != alert]


def _everywhere(old: str, new: str) -> Callable[[list[Rule]], list[Rule]]:
    def mutate(rules: list[Rule]) -> list[Rule]:
        before = str(rules)
        for rule in rules:
            rule["expr"] = re.sub(old, new, str(rule["expr"]))
        assert str(rules) != before
        return rules

    return mutate


SHARE = r"(0\.\d+)( \* slo:budget)"
MUTANTS: dict[str, Callable[[list[Rule]], list[Rule]]] = {
    "no spend term": _change("expr", _term(0)),
    "no short window": _change("expr", _term(1)),
    "no guard": _change("expr", _term(2)),
    "double share": _everywhere(SHARE, r"2 * \1\2"),
    "half share": _everywhere(SHARE, r"0.5 * \1\2"),
    "no keep-firing": _change("keep_firing_for", lambda _: None),
    "endless keep-firing": _change("keep_firing_for", lambda _: "30d"),
    "no absent()": _without("SLINoData"),
    "no clamp": _everywhere(r"clamp_min\((.*), 0\)", r"(\1)"),
    "no success > total": _without("SLIInconsistent"),
    "no overdue in flight": _everywhere(r"sum\(journey_overdue[^)]*\)", "sum(nothing)"),
    "no series of good events is no bad event": _everywhere(r" or vector\(0\)\)", ")"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_generated_tests_kill_wrong_rules(
    tools: Tools, recommended: ObjectiveSet, tmp_path: Path, mutant: str
) -> None:
    files = written(export_files(recommended), tmp_path)
    (rules_file,) = files.glob("*.rules.yml")
    found = yaml.safe_load(rules_file.read_text())
    group = found["groups"][0]
    group["rules"] = MUTANTS[mutant](group["rules"])
    rules_file.write_text(yaml.safe_dump(found, sort_keys=False))
    assert tools.run(tools.promtool, "check", "rules", rules_file.name, cwd=files).returncode == 0
    runs = [
        tools.run(tools.promtool, "test", "rules", tests.name, cwd=files).returncode
        for tests in sorted(files.glob("*.tests-15s.yml"))
    ]
    assert any(runs), f"no test notices: {mutant}"


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "1m"), (90, "90s"), (5400, "90m"), (7200, "2h"), (259_200, "3d")]
)
def test_durations_are_whole_units(seconds: int, text: str) -> None:
    assert duration(seconds) == text


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30
).filter(lambda text: "\ufeff" not in text)


@given(
    st.recursive(
        st.booleans() | st.integers(-(10**9), 10**9) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, dict))
)
def test_yaml_text_reads_back(value: dict[str, object]) -> None:
    assert yaml.safe_load(render(value)) == value  # type: ignore[arg-type]


def test_numbers_are_written_exactly() -> None:
    from fractions import Fraction

    assert number(Fraction(999, 1000)) == "0.999"
    assert number(Fraction(96, 10)) == "9.6"
    assert number(Fraction(20)) == "20"
