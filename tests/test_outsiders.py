"""The worker against a plain loop of the store's own client, in another process, on the same server."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest

from fixtures import outsiders
from fixtures.outsiders import OUTSIDERS, Agreement, agree
from tests.suite import ROOT

SCRIPTS = sorted((ROOT / "tests/outsiders").glob("plain_*.py"))


@pytest.mark.alone
@pytest.mark.parametrize("target", OUTSIDERS)
def test_a_search_takes_as_long_as_in_a_plain_loop_and_finds_the_same(target: str) -> None:
    """p50 within 3 %, by a ratio from one run; on a machine that others fill, at least nothing speaks against it."""
    found = agree(target, most=40)
    print(f"{target}: {found.ratio - 1:+.2%} ±{found.half_width:.2%}, {found.rounds} ABBA rounds")
    assert found.same_answers
    assert not found.refuted, found
    if found.wide and not found.shown:
        pytest.skip(f"the machine is too busy to tell: {found.ratio - 1:+.1%} ±{found.half_width:.1%}")
    assert found.shown, found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_plain_script_has_none_of_our_code_and_a_plain_loop(path: Path) -> None:
    """Imports of the store's client, numpy and the standard library; some ten lines to read."""
    tree = ast.parse(path.read_text())
    imports = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imports <= {"json", "sys", "time", "numpy", "chromadb", "weaviate"}
    assert not any(isinstance(node, (ast.ImportFrom, ast.FunctionDef, ast.ClassDef)) for node in ast.walk(tree))
    lines = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not isinstance(node, ast.Import)]
    assert len(lines) <= 18


def test_every_outsider_has_its_script() -> None:
    """And none is left over."""
    assert [path.name for path in SCRIPTS] == sorted(one.script for one in OUTSIDERS.values())


@pytest.mark.parametrize(
    ("ratio", "reach", "same", "shown", "refuted"),
    [
        (1.01, 0.010, True, True, False),
        (1.01, 0.018, True, True, False),
        (1.02, 0.014, True, False, False),
        (1.01, 0.040, True, False, False),
        (1.04, 0.005, True, False, True),
        (0.95, 0.010, True, False, True),
        (1.00, 0.005, False, False, True),
    ],
)
def test_agreement_is_shown_refuted_or_neither(
    ratio: float, reach: float, same: bool, shown: bool, refuted: bool
) -> None:
    """The whole interval within 3 %; wholly beyond; neither; other answers."""
    found = Agreement("x@process", ratio, ratio - reach, ratio + reach, 20, same)
    assert (found.shown, found.refuted) == (shown, refuted)


def test_an_interval_at_which_rounds_end_is_not_wide() -> None:
    """Both are asked on the log scale, whatever the ratio."""
    for ratio in (0.9, 1.0, 1.1):
        narrow = Agreement("x@process", ratio, ratio * math.exp(-0.0149), ratio * math.exp(0.0149), 20, True)
        wide = Agreement("x@process", ratio, ratio * math.exp(-0.0151), ratio * math.exp(0.0151), 40, True)
        assert (narrow.wide, wide.wide) == (False, True)


def test_rounds_go_on_until_the_interval_is_narrow_or_the_bound_is_reached() -> None:
    """A drift that is linear in time cancels within a round, so blocks that drift are narrow at once."""
    interval, rounds = outsiders._alternate(lambda number: 0.02 + 0.1 * (-1) ** number, 5, 50)
    assert rounds == 5
    assert interval.estimate == pytest.approx(0.02)
    _, rounds = outsiders._alternate(lambda number: 0.1 * (number % 7), 5, 12)
    assert rounds == 12


@pytest.mark.parametrize(("offset", "wanted"), [(0.0, 0.015), (0.045, 0.015), (0.018, 0.010), (0.024, 0.0075)])
def test_an_interval_that_does_not_decide_is_narrowed_twice_at_most(offset: float, wanted: float) -> None:
    """Each time to the next width, whatever the numbers between say."""
    noise = np.random.default_rng(1).normal(0, 0.05, 4_000)
    interval, rounds = outsiders._alternate(lambda number: offset + noise[number], 20, 1_000)
    half = (interval.high - interval.low) / 2
    assert 0.9 * wanted < half < wanted
    assert rounds < 1_000


def test_a_plain_loop_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last words."""
    broken = outsiders.Outsider("plain_chroma.py", ("http",), "no-such-collection")
    monkeypatch.setattr(outsiders, "OUTSIDERS", {"chroma@process": broken})
    with pytest.raises(outsiders.WorkerDied, match=r"(?s)the plain loop ended.*no-such-collection"):
        agree("chroma@process", least=1, most=1)
