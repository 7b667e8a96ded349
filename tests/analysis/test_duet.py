"""A duet's verdicts from a record, and how they stand beside the screen's."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from analysis.accept import accept
from analysis.baselines import artifacts_of, find_baselines
from analysis.duet import duet_verdicts, standing_of
from analysis.gate import judge
from analysis.metrics import metrics_of
from analysis.observations import Collected, CollectorRead, Phase, SliceSearched, TargetFailed
from analysis.records import Record
from analysis.rows import Outcome, RowKey, rows_of
from analysis.sides import of_rows
from analysis.verdicts import Judgement, Verdict
from tests.strategies import a_duet, a_duet_record, a_record, a_run

JITTER = (1.00, 1.01, 0.99, 1.005, 0.995)
EVEN = (1.0,) * 5
P50 = RowKey("p50_latency_ms", "small", "chroma@process")
RECALL = RowKey("recall_at_10", "small", "chroma@process")


def verdicts(record: Record) -> dict[RowKey, Verdict]:
    """By row, as the gate gives them without a baseline."""
    return {verdict.key: verdict for verdict in judge(record, rows_of(record), [])}


def times(factor: float) -> tuple[float, ...]:
    """Five launches, a little apart, all slower by that factor."""
    return tuple(factor * value for value in JITTER)


def test_the_same_code_passes_in_every_row_and_needs_no_baseline() -> None:
    """One verdict a metric, each by the duet and with its interval."""
    found = verdicts(a_duet_record(JITTER, EVEN))
    assert {key.metric for key in found} == {metric.name for metric in metrics_of(())}
    assert {one.judgement for one in found.values()} == {Judgement.PASS}
    assert all(one.by_duet and one.low is not None for one in found.values())


def test_a_slower_candidate_is_a_regression_that_names_both_sides() -> None:
    """By how much, with what interval, in how many launches, at which look."""
    found = verdicts(a_duet_record(times(1.2), EVEN))[P50]
    assert found.judgement is Judgement.REGRESSION
    assert found.change == pytest.approx(0.2, abs=0.01)
    for part in (
        "1.20 ms against 1.00 ms of chroma~1.0@process (chroma 1.0)",
        "in 5 launches",
        "95 % interval +",
        "at look 1 of 1",
        "By the duet.",
    ):
        assert part in found.text


def test_a_rate_that_falls_is_a_regression_and_a_faster_candidate_an_improvement() -> None:
    """Each metric in its own direction."""
    rate = RowKey("queries_per_second", "small", "chroma@process")
    assert verdicts(a_duet_record(times(1.2), EVEN))[rate].judgement is Judgement.REGRESSION
    assert verdicts(a_duet_record(times(0.8), EVEN))[rate].judgement is Judgement.IMPROVEMENT


def test_a_noisy_row_is_inconclusive_and_names_the_launches_that_would_decide() -> None:
    """It is neither a pass nor an alarm."""
    found = verdicts(a_duet_record((1.0, 1.3, 0.8, 1.2, 0.9), EVEN))[P50]
    assert found.judgement is Judgement.INCONCLUSIVE
    assert "launches would decide it" in found.text


def test_faster_but_wrong_is_a_regression() -> None:
    """Recall falls by 3 %, within its tolerance, while search becomes faster: the speed was bought."""
    record = a_duet_record(times(0.8), EVEN)
    lower = [
        msgspec.structs.replace(seen, hits=[9, 10, 10] * 16 + [9, 10])
        if getattr(seen, "hits", None) and seen.target == "chroma@process"
        else seen
        for seen in record.observations
    ]
    found = verdicts(Record(record.folder, record.run, tuple(lower), truncated=False))
    assert found[RECALL].judgement is Judgement.REGRESSION
    assert "Faster but wrong: recall@10 fell by 3.4 %" in found[RECALL].text
    assert found[P50].judgement is Judgement.INCOMPARABLE
    assert "Not the same work" in found[P50].text


def test_recall_that_falls_alone_keeps_its_tolerance() -> None:
    """Nothing was bought with it."""
    record = a_duet_record(JITTER, EVEN)
    lower = [
        msgspec.structs.replace(seen, hits=[9, 10, 10] * 16 + [9, 10])
        if getattr(seen, "hits", None) and seen.target == "chroma@process"
        else seen
        for seen in record.observations
    ]
    found = verdicts(Record(record.folder, record.run, tuple(lower), truncated=False))
    assert found[RECALL].judgement is Judgement.PASS


def test_a_side_that_loses_vectors_has_no_verdict_but_invalid() -> None:
    """Whichever number it shows."""
    found = verdicts(a_duet_record(times(0.5), EVEN, counted=999))
    assert {one.judgement for one in found.values()} == {Judgement.INVALID}


def lossy(record: Record, target: str, launches: range) -> Record:
    """The same, but that this side counts half of its vectors in these launches."""
    seen = [
        msgspec.structs.replace(one, counted=500)
        if isinstance(one, Collected) and one.target == target and one.launch in launches
        else one
        for one in record.observations
    ]
    return Record(record.folder, record.run, tuple(seen), truncated=False)


def test_a_candidate_that_loses_vectors_in_one_launch_is_invalid_and_the_other_side_loses_that_launch() -> None:
    """One launch tells of the store, however good the others look; of the other side's store nothing is asked."""
    record = a_duet_record(JITTER, EVEN)
    (standing,) = duet_verdicts(lossy(record, "chroma@process", range(1)))
    assert {(one.judgement, one.of_the_store) for one in standing.verdicts} == {(Judgement.INVALID, True)}
    assert all("the candidate was wrong: 1,000 vectors were acknowledged" in one.text for one in standing.verdicts)
    slower = lossy(a_duet_record(times(1.5), EVEN), "chroma@process", range(1))
    (standing,) = duet_verdicts(slower)
    p50 = next(one for one in standing.verdicts if one.key == P50)
    assert (p50.judgement, p50.launches) == (Judgement.REGRESSION, 4)
    assert "the candidate was wrong" in p50.text
    beside = verdicts(lossy(record, "chroma~1.0@process", range(1)))[P50]
    assert (beside.judgement, beside.launches) == (Judgement.PASS, 4)


def test_a_candidate_that_fails_in_the_duet_has_failed() -> None:
    """No row of it passes."""
    record = a_duet_record(JITTER, EVEN)
    fault = TargetFailed(
        scale="small", launch=3, target="chroma@process", phase=Phase.SEARCH, reason="No answer.", remedy="See."
    )
    failed = Record(record.folder, record.run, (*record.observations, fault), truncated=False)
    assert {row.outcome for row in rows_of(failed)} == {Outcome.FAILED}
    assert {one.judgement for one in verdicts(failed).values()} == {Judgement.NOT_RUN}
    assert standing_of(failed, failed.run.duets[0]).stop == "a side failed"


def test_an_other_side_that_fails_leaves_rows_that_were_asked_for_not_run() -> None:
    """And of a duet of the gate's own the screen's verdict stands."""
    record = a_duet_record(JITTER, EVEN)
    fault = TargetFailed(
        scale="small", launch=3, target="chroma~1.0@process", phase=Phase.SEARCH, reason="No answer.", remedy="See."
    )
    failed = Record(record.folder, record.run, (*record.observations, fault), truncated=False)
    found = verdicts(failed)[P50]
    assert (found.judgement, found.by_duet) == (Judgement.NOT_RUN, True)
    assert "the other side, chroma~1.0@process, is failed: No answer." in found.text
    own = msgspec.structs.replace(failed.run, duets=[a_duet(why="the screen did not pass it")])
    stands = verdicts(Record(record.folder, own, failed.observations, truncated=False))[P50]
    assert (stands.judgement, stands.by_duet) == (Judgement.NO_BASELINE, False)


def test_a_duet_that_was_cut_short_before_its_first_look_is_not_run() -> None:
    """Three launches decide nothing."""
    found = verdicts(a_duet_record(JITTER[:3], EVEN[:3]))
    assert {one.judgement for one in found.values()} == {Judgement.NOT_RUN}
    assert "after 3 of the 5 launches of its first look" in found[P50].text


def test_only_the_rows_that_it_is_of_are_judged() -> None:
    """A duet of one row says nothing of the others."""
    (standing,) = duet_verdicts(a_duet_record(JITTER, EVEN, a_duet(metrics=["p50_latency_ms"])))
    assert [one.key for one in standing.verdicts] == [P50]


def test_it_stops_when_every_row_is_decided_and_goes_on_while_one_may_be() -> None:
    """At a look only."""
    duet = a_duet(looks=[5, 10, 15, 20])
    assert standing_of(a_duet_record(JITTER, EVEN, duet), duet).stop == "every row is decided"
    assert standing_of(a_duet_record(JITTER[:4], EVEN[:4], duet), duet).stop == ""
    near = tuple(1 + 8 * (value - 1) for value in JITTER)
    assert standing_of(a_duet_record(near, EVEN, duet), duet).stop == ""
    far = (1.0, 1.9, 0.5, 1.7, 0.6)
    assert standing_of(a_duet_record(far, EVEN, duet), duet).stop.startswith("no further look")
    last = a_duet(looks=[5])
    assert standing_of(a_duet_record(far, EVEN, last), last).stop == "the last look"
    # Until now nothing could be compared, by no fault of the candidate.
    machine = lossy(a_duet_record(JITTER, EVEN, duet), "chroma~1.0@process", range(4))
    assert standing_of(machine, duet).stop == ""
    # One more look, and no more: whatever it is does not pass.
    twice = a_duet_record(JITTER * 2, EVEN * 2, duet)
    assert standing_of(lossy(twice, "chroma~1.0@process", range(9)), duet).stop == "nothing could be compared"


def screened(factor: float, tmp_path: Path, **of_the_duet: object) -> tuple[dict[RowKey, Verdict], Record]:
    """A run whose screen sees that factor of Chroma's server, with a duet that sees none, against a baseline."""
    names = ("chroma@process", "weaviate@process", "qdrant@embedded", "exact@process")
    plain = a_record(dict.fromkeys(names, JITTER), a_run(names, launches=5))
    accept(plain, tmp_path)
    now = a_record({name: times(factor if name == names[0] else 1.0) for name in names}, a_run(names, launches=5))
    duet = a_duet(first_launch=5, why="the screen did not pass it", **of_the_duet)
    beside = a_duet_record(JITTER, EVEN, duet).observations if duet.looks else ()
    run = msgspec.structs.replace(now.run, duets=[duet])
    record = Record(now.folder, run, (*now.observations, *beside), truncated=False)
    found = judge(record, rows_of(record), find_baselines(tmp_path, run))
    return {one.key: one for one in found}, record


def test_the_duets_verdict_stands_in_the_screens_place(tmp_path: Path) -> None:
    """The screen saw 60 %; side by side there is nothing. Other targets keep the screen's."""
    found, record = screened(1.6, tmp_path)
    assert (found[P50].judgement, found[P50].by_duet) == (Judgement.PASS, True)
    assert not found[RowKey("p50_latency_ms", "small", "weaviate@process")].by_duet
    # The row keeps the campaign's figures, which were measured beside all the others'.
    row = next(row for row in rows_of(record) if row.key == P50)
    assert row.launches == (0, 1, 2, 3, 4)
    assert row.values[0] == pytest.approx(1.6)


def test_faster_but_wrong_is_told_too_where_a_launch_fell_below_the_floor() -> None:
    """The speed of that launch is invalid, and the fall of recall over all is what it was."""
    record = a_duet_record(times(0.8), EVEN)
    hits = {"chroma@process": [8] * 49 + [9], "chroma~1.0@process": [8] * 30 + [9] * 20}
    seen = [
        msgspec.structs.replace(
            one, hits=[8] * 49 + [7] if (one.target, one.launch) == ("chroma@process", 0) else hits[one.target]
        )
        if isinstance(one, SliceSearched)
        else one
        for one in record.observations
    ]
    (standing,) = duet_verdicts(Record(record.folder, record.run, tuple(seen), truncated=False))
    found = {one.key: one for one in standing.verdicts}
    assert found[RECALL].judgement is Judgement.REGRESSION
    assert (found[P50].judgement, found[P50].of_the_store) == (Judgement.INVALID, True)


def test_a_duet_without_a_valid_pair_takes_no_regression_back(tmp_path: Path) -> None:
    """Of other rows it says that they are invalid: a pass of the screen is none where two versions could not pair."""
    _, record = screened(1.0, tmp_path)
    run = record.run
    worse = [
        msgspec.structs.replace(one, hits=[8] * len(one.hits))
        if isinstance(one, SliceSearched) and one.target == "chroma@process" and one.launch < 5
        else one
        for one in record.observations
    ]
    nothing = lossy(Record(record.folder, run, tuple(worse), truncated=False), "chroma~1.0@process", range(5, 10))
    found = {one.key: one for one in judge(nothing, rows_of(nothing), find_baselines(tmp_path, run))}
    assert (found[RECALL].judgement, found[RECALL].by_duet) == (Judgement.REGRESSION, False)
    assert "has no valid launch" in found[RECALL].text
    assert "So this is the screen's verdict alone, and weaker." in found[RECALL].text
    assert (found[P50].judgement, found[P50].by_duet) == (Judgement.INVALID, True)


def test_a_duet_whose_other_side_failed_leaves_the_screens_verdict_and_says_so(tmp_path: Path) -> None:
    """It started, so that nothing else of the run tells why there are no figures."""
    _, record = screened(1.6, tmp_path)
    fault = TargetFailed(
        scale="small", launch=6, target="chroma~1.0@process", phase=Phase.SEARCH, reason="No answer.", remedy="See."
    )
    failed = Record(record.folder, record.run, (*record.observations, fault), truncated=False)
    found = {one.key: one for one in judge(failed, rows_of(failed), find_baselines(tmp_path, failed.run))}[P50]
    assert not found.by_duet
    assert found.text.endswith(
        "In the duet the other side, chroma~1.0@process, is failed: No answer. (during search, launch 7) See. "
        "So this is the screen's verdict alone, and weaker."
    )


def test_worse_in_the_duet_and_wrong_in_the_campaign_is_a_regression(tmp_path: Path) -> None:
    """What the campaign found wrong is told with it, and hides nothing."""
    _, record = screened(1.0, tmp_path)
    (duet,) = record.run.duets
    campaign = tuple(one for one in record.observations if one.launch < duet.first_launch)
    slower = a_duet_record(times(1.5), EVEN, duet).observations
    both = lossy(Record(record.folder, record.run, (*campaign, *slower), False), "chroma@process", range(1))
    found = {one.key: one for one in judge(both, rows_of(both), find_baselines(tmp_path, both.run))}
    assert found[P50].judgement is Judgement.REGRESSION
    assert "the store counts 500" in found[P50].text
    assert (found[RECALL].judgement, found[RECALL].of_the_store) == (Judgement.INVALID, True)


def test_the_other_side_of_a_duet_is_no_company_of_the_runs_targets(tmp_path: Path) -> None:
    """Memory of the others is judged as it would be without the duet."""
    found, record = screened(1.6, tmp_path)
    assert "chroma~1.0@process" not in artifacts_of(record)
    beside = found[RowKey("peak_memory_usage_mb", "small", "weaviate@process")]
    assert (beside.judgement, beside.by_duet) == (Judgement.PASS, False)


def test_where_no_duet_could_be_the_screens_verdict_stands_and_says_so(tmp_path: Path) -> None:
    """With the reason, and that it is weaker."""
    found, _ = screened(4.0, tmp_path, looks=[], reason="Its binary is not at hand.", remedy="Give it.")
    assert not found[P50].by_duet
    assert found[P50].judgement in (Judgement.REGRESSION, Judgement.INCONCLUSIVE)
    assert "No duet: Its binary is not at hand. Give it. So this is the screen's verdict alone" in found[P50].text


def test_rows_of_a_target_that_only_a_duet_ran_are_the_candidates() -> None:
    """The other side has no row; what the duet did beside a campaign is no part of the campaign's rows."""
    record = a_duet_record(times(2.0), EVEN)
    assert {row.key.target for row in rows_of(record)} == {"chroma@process"}
    assert next(row for row in rows_of(record) if row.key == P50).values == pytest.approx(times(2.0))
    assert {getattr(seen, "target", "") for seen in of_rows(record)} == {"", "chroma@process"}


def test_of_two_duets_of_a_row_the_worse_verdict_counts() -> None:
    """It is slower than one of two versions."""
    first, second = a_duet(), a_duet(reference="chroma~0.9@process", first_launch=5)
    same, slower = a_duet_record(JITTER, EVEN, first), a_duet_record(times(1.5), EVEN, second)
    run = msgspec.structs.replace(same.run, duets=[first, second])
    both = Record(same.folder, run, (*same.observations, *slower.observations), truncated=False)
    found = verdicts(both)[P50]
    assert found.judgement is Judgement.REGRESSION
    assert "chroma~0.9@process" in found.text


def test_a_figure_that_may_be_zero_is_compared_as_the_factor_it_stands_for() -> None:
    """A store without pauses of a collector: 0 % beside 2.2 % is a factor of 1/1.022, and no logarithm of zero."""
    record = a_duet_record(JITTER, EVEN)
    key = RowKey("garbage_collection_impact", "small", "chroma@process")
    idle = [
        msgspec.structs.replace(seen, server_ns=0)
        if isinstance(seen, CollectorRead) and seen.target == "chroma@process"
        else msgspec.structs.replace(seen, collector_ns=0)
        if isinstance(seen, SliceSearched)
        else seen
        for seen in record.observations
    ]
    found = verdicts(Record(record.folder, record.run, tuple(idle), truncated=False))[key]
    assert found.judgement is Judgement.PASS
    assert found.change is not None
    assert found.change < 0
    assert "0 % against " in found.text
