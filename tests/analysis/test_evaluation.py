"""The evaluation of gates: campaigns are drawn as told, every gate judges the same numbers, bounds are exact."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from scipy import stats

from analysis.evaluation.draws import real_side_by_side, side_by_side, two_runs
from analysis.evaluation.harvest import SAME, Arm, Harvest
from analysis.evaluation.ours import duelled, renamed_row, screened
from analysis.evaluation.plots import mixes_svg, power_svg
from analysis.evaluation.report import markdown
from analysis.evaluation.study import CENTRAL, Mix, evaluate
from analysis.evaluation.tally import Share, called
from analysis.verdicts import Judgement
from tests.analysis.harvests import a_harvest, hogged


@pytest.fixture(scope="module")
def harvest() -> Harvest:
    """Thirty quiet launches and five hogged ones, with 10 % and 20 % of extra work beside them."""
    return hogged(a_harvest(7, 35, (0.1, 0.2)))


def test_two_runs_share_no_launch_and_each_is_in_a_row() -> None:
    """A run is what was measured one after the other; what is in both would count twice."""
    drawn = two_runs(12, 1_000, 1)
    assert len(drawn) == len(set(drawn)) == 2 * (1 + 2 + 3)
    for one in drawn:
        assert not set(one.then) & set(one.now)
        assert all(list(run) == list(range(run[0], run[0] + 5)) for run in (one.then, one.now))


def test_a_drawn_duet_has_no_launch_twice_and_a_real_one_none_of_another() -> None:
    """Drawing with repetition would make launches look alike that are not."""
    for one in side_by_side(30, 50, 1):
        assert len(set(one.now)) == 20
        assert one.then == one.now
    assert [one.now[0] for one in real_side_by_side(45)] == [0, 20]


def test_the_same_seed_draws_the_same() -> None:
    """Or nobody could reproduce the table."""
    assert list(side_by_side(30, 5, 3)) == list(side_by_side(30, 5, 3)) != list(side_by_side(30, 5, 4))


def test_a_duet_finds_ten_per_cent_and_not_the_same_code(harvest: Harvest) -> None:
    """By the decisions that a run makes."""
    quiet = harvest.under("quiet")
    (drawn,) = side_by_side(len(quiet), 1, 2)
    (heavier,) = harvest.arms_of(0.2)
    (same,) = [arm for arm in harvest.arms if arm.name == SAME]
    assert set(duelled(harvest, quiet, heavier, drawn).judgements.values()) == {Judgement.REGRESSION, Judgement.PASS}
    assert duelled(harvest, quiet, heavier, drawn).judgements["recall_at_10"] is Judgement.PASS
    assert Judgement.REGRESSION not in duelled(harvest, quiet, same, drawn).judgements.values()
    swapped = duelled(harvest, quiet, heavier, drawn, swapped=True).judgements
    assert swapped["p50_latency_ms"] is Judgement.IMPROVEMENT


def test_the_screen_judges_by_the_gates_own_code(harvest: Harvest) -> None:
    """A verdict for every row of the store, none for its anchors."""
    quiet = harvest.under("quiet")
    (heavier,) = harvest.arms_of(0.2)
    said = screened(harvest, quiet, heavier, two_runs(len(quiet), 1, 5)[0])
    assert set(said) == set(harvest.metrics())


def test_a_renamed_row_is_not_run_rather_than_passing(harvest: Harvest) -> None:
    """Every row of the reference that a later run lacks."""
    found = renamed_row(harvest)
    assert {one.judgement for one in found} == {Judgement.NOT_RUN}
    assert {one.key.metric for one in found} == set(harvest.metrics())


@pytest.mark.parametrize(("hits", "of"), [(0, 5_000), (3, 120), (120, 120), (1, 1)])
def test_bounds_are_clopper_and_pearsons(hits: int, of: int) -> None:
    """As scipy's exact binomial interval has them, one-sided."""
    share = Share(hits, of)
    upper = stats.binomtest(hits, of, alternative="less").proportion_ci(0.95, method="exact").high
    lower = stats.binomtest(hits, of, alternative="greater").proportion_ci(0.95, method="exact").low
    assert share.upper == pytest.approx(upper)
    assert share.lower == pytest.approx(lower)


def test_every_gate_is_told_side_by_side_with_its_campaigns(harvest: Harvest) -> None:
    """A gate that calls everything is shown to do so, on the same data as ours."""

    def alarmed(launches: object, arm: object, drawn: object, rows: list[str]) -> dict[str, Judgement]:
        return dict.fromkeys(rows, Judgement.REGRESSION)

    found = evaluate(harvest, {"alarmed": (alarmed, 3)}, 6, lambda text: None)  # type: ignore[dict-item]
    text = markdown(harvest, found, {"alarmed": "passes"})
    (ours,) = [gate for gate in found.gates if gate.name == "this gate: duet"]
    assert called(ours.heavier[0.2], CENTRAL).share == 1
    assert "| alarmed | two runs of 5 | 3 | 100.0 % of 21 | 100.0 % of 3 |" in text
    assert "| alarmed | passes |" in text
    assert [control.name for control in found.controls] == ["sides exchanged", "CPU hog"]
    for picture in (power_svg(found.gates, harvest.shares), mixes_svg(found.mixes, 0.1)):
        assert picture.count("<svg") == 1
        assert "10" in picture


def test_the_cheapest_mix_is_of_those_that_find_enough(harvest: Harvest) -> None:
    """And where none does, that is told."""
    found = evaluate(harvest, {}, 6, lambda text: None)
    cells = dict.fromkeys(harvest.shares, 1.0)
    blind = Mix(5, 5, 0.1, {**cells, 0.1: 0.9}, 10.0)
    dear, cheap = Mix(20, 10, 0.05, cells, 300.0), Mix(5, 15, 0.1, cells, 146.0)
    told = markdown(harvest, replace(found, mixes=[blind, dear, cheap]), {})
    assert "The cheapest that finds 10 % more work in 95 %: 5 slices, 15 launches, 146 s." in told
    assert "None of them finds 10 % more work in 95 %." in markdown(harvest, replace(found, mixes=[blind]), {})


def test_what_the_copies_cost_is_measured_and_goals_are_read_off_there(harvest: Harvest) -> None:
    """Twice the extra work under the same name: it is found as what it is, not as what it is called."""
    told = markdown(harvest, evaluate(harvest, {}, 6, lambda text: None), {})
    line = next(one for one in told.splitlines() if one.startswith("| p50_latency_ms |"))
    same, ten, twenty = (float(cell.strip(" %")) for cell in line.strip("| ").split("|")[1:])
    assert (same, ten, twenty) == (pytest.approx(0, abs=2), pytest.approx(10, abs=2), pytest.approx(20, abs=2))
    renamed = msgspec.structs.replace(harvest, arms=[replace_share(arm) for arm in harvest.arms])
    halved = markdown(renamed, evaluate(renamed, {}, 6, lambda text: None), {})
    goal = "| found at +10 %, measured |"
    assert [one for one in told.splitlines() if one.startswith(goal)] == [
        one for one in halved.splitlines() if one.startswith(goal)
    ]


def test_a_goal_that_is_not_reached_is_named_with_what_there_was_to_reach_it() -> None:
    """Launches that are far apart; whoever took the processors is told where it was written down."""
    calm, wild = a_harvest(7, 12, (0.075, 0.1), spread=0.01), a_harvest(7, 12, spread=0.2)
    assert "Not reached" not in markdown(calm, evaluate(calm, {}, 20, lambda text: None), {})
    told = markdown(wild, evaluate(wild, {}, 20, lambda text: None), {})
    (line,) = [one for one in told.splitlines() if one.startswith("Not reached: ")]
    assert "found at +10 %, measured; found at +7.5 %, measured; inconclusive, same code" in line
    assert "(sd of the log ratio of 12)." in line
    crowded = msgspec.structs.replace(
        wild, launches=[msgspec.structs.replace(one, stolen=0.15) for one in wild.launches]
    )
    told = markdown(crowded, evaluate(crowded, {}, 20, lambda text: None), {})
    assert "and the host took 15% of the processors' time for others." in told


def replace_share(arm: Arm) -> Arm:
    """The same copy, said to do half as much."""
    return msgspec.structs.replace(arm, share=arm.share / 2)
