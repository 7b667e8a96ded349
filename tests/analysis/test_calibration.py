"""What client and transport alone cost, as a share of each target's p50."""

from __future__ import annotations

import pytest

from analysis.calibration import calibration_lines, yardsticks
from analysis.observations import Calibrated
from analysis.records import Record
from analysis.scenes import scenes_of
from tests.strategies import a_record


def calibrated(target: str, protocol: str, empty_ms: float | None, *, launch: int = 0) -> list[Calibrated]:
    """A slow warm-up slice and a plain one; None: there was nobody to ask."""
    return [
        Calibrated(
            scale="small",
            launch=launch,
            target=target,
            protocol=protocol,
            slice=number,
            warmup=number == 0,
            latencies_ns=[] if empty_ms is None else [int(empty_ms * 1e6 * (9 if number == 0 else 1))] * 50,
            wall_ns=1,
            cpu_ns=1,
            reason="No module named 'grpc'" if empty_ms is None else "",
        )
        for number in range(2)
    ]


def with_empties(*empties: list[Calibrated]) -> Record:
    """Two targets of 2 ms and 1 ms, in two launches."""
    record = a_record({"chroma@process": (2.0, 2.0), "weaviate@process": (1.0, 1.0)})
    seen = (*record.observations, *(one for each in empties for one in each))
    return Record(record.folder, record.run, seen, truncated=False)


def test_a_share_is_the_median_empty_answer_over_the_targets_own_median() -> None:
    """In each launch; the geometric mean over launches. The warm-up takes no part."""
    record = with_empties(*(calibrated("chroma@process", "http", ms, launch=n) for n, ms in enumerate((0.2, 0.8))))
    (one,) = yardsticks(scenes_of(record)["small"], ["chroma@process", "weaviate@process"])
    assert (one.target, one.protocol) == ("chroma@process", "http")
    assert one.empty_ms == pytest.approx(0.4)
    assert one.share == pytest.approx(0.2)


def test_there_is_a_line_a_protocol_with_a_share_for_each_target() -> None:
    """Below the table; and why there is none, where there is none."""
    record = with_empties(calibrated("chroma@process", "http", 0.2), calibrated("weaviate@process", "grpc", None))
    lines = [
        str(line) for line in calibration_lines(scenes_of(record)["small"], ["chroma@process", "weaviate@process"])
    ]
    assert lines == [
        "An empty answer over http, client and transport alone: 0.200 ms; of the p50 of chroma@process 10%.",
        "An empty answer over grpc, client and transport alone: not measured; of the p50 of weaviate@process n/a "
        "(No module named 'grpc').",
    ]


def test_a_record_without_empty_answers_says_nothing() -> None:
    """An older one."""
    assert list(calibration_lines(scenes_of(with_empties())["small"], ["chroma@process"])) == []
