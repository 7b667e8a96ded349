"""Are the mixed study's figures measurements: did searches see what was updated and deleted, and did all succeed?

Called by `analysis.validity` with one launch; the figures are in `analysis.mixed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analysis.findings import Finding, Severity
from analysis.launch import LaunchObservations
from analysis.observations import Changed, SearchedDuringInsert

__all__ = ["judge_changes"]


def judge_changes(launch: LaunchObservations, recall_floor: float) -> Iterator[Finding]:
    """Findings about the mixed work of one launch; none where it was not done."""
    changed = launch.all_of(Changed)
    updates = [one for one in changed if one.kind == "update"]
    tried, seen = sum(len(one.latencies_ns) for one in updates), sum(one.as_it_should for one in updates)
    # An index may miss one or the other, as it may in any search.
    if tried and seen / tried < recall_floor:
        yield Finding(
            "updates not seen",
            Severity.INVALID,
            f"{tried - seen} of {tried} updated vectors did not find their own id afterwards",
            "an update that searches do not see is none: see whether it is applied later",
            (launch.launch,),
            frozenset({"update_latency_ms"}),
        )
    deletes = [one for one in changed if one.kind == "delete"]
    still_found = sum(len(one.latencies_ns) - one.as_it_should for one in deletes)
    if still_found:
        yield Finding(
            "deleted and found",
            Severity.INVALID,
            f"{still_found} deleted vectors were still found by the next search",
            "a deletion that searches do not see is none: see whether it is applied later",
            (launch.launch,),
            frozenset({"delete_latency_ms"}),
        )
    failed = [one for one in launch.all_of(SearchedDuringInsert) if one.failures]
    if failed:
        yield Finding(
            "failures beside inserts",
            Severity.INVALID,
            f"{sum(one.failures for one in failed)} operations failed while one client inserted and one searched, "
            f"the first with {failed[0].first_failure}",
            "latency with failures in it is none: see the server's log",
            (launch.launch,),
            frozenset({"search_during_insert_p50_ms", "search_during_insert_p99_ms"}),
        )
