"""What an accepted baseline's file holds: pytest-benchmark's document (its `generate_json`), and provenance beside it.

Made for `analysis.accept`; `analysis.baselines` reads it back, and so does pytest-benchmark.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from analysis.baselines import artifacts_of
from analysis.likeness import quiet
from analysis.records import SCHEMA, Record, Run
from analysis.rows import Row

__all__ = ["document"]


def document(record: Record, rows: Sequence[Row], accepted: str) -> dict[str, object]:
    """The rows of one scale, with the schema, the whole run and what was measured of each target."""
    run = record.run
    return {
        "schema": SCHEMA,
        "accepted": accepted,
        "run": run,
        "artifacts": artifacts_of(record),
        "machine_info": _machine_info(run),
        "commit_info": {
            "id": run.suite_commit,
            "dirty": run.suite_dirty,
            "time": run.started,
            "project": "vexfs-benchmarks",
        },
        "benchmarks": [_benchmark(row) for row in rows],
        "datetime": run.started,
        "version": run.versions.get("pytest-benchmark", ""),
    }


def _machine_info(run: Run) -> dict[str, object]:
    host = run.host
    return {
        "node": "",
        "processor": host.cpu_model,
        "machine": host.architecture,
        "python_implementation": "CPython",
        "python_version": host.python,
        "system": "Linux",
        "release": host.kernel,
        "cpu": {"brand_raw": host.cpu_model, "count": host.cores},
    }


def _benchmark(row: Row) -> dict[str, object]:
    metric = row.metric
    return {
        "group": f"{metric.name} {row.key.scale}",
        "name": row.key.node_id.rpartition("::")[2],
        "fullname": row.key.node_id,
        "params": {"metric": metric.name, "scale": row.key.scale, "target": row.key.target},
        "param": str(row.key),
        "extra_info": {
            "metric": metric.name,
            "unit": metric.unit,
            "direction": str(metric.direction),
            "scale": row.key.scale,
            "target": row.key.target,
            "launches": list(row.launches),
            "findings": [finding.text for finding in row.findings],
            "quiet": quiet(row),
        },
        "options": {
            "disable_gc": False,
            "timer": "launch numbers",
            "min_rounds": len(row.values),
            "warmup": False,
        },
        "stats": _stats(row.values),
    }


def _stats(values: Sequence[float]) -> dict[str, object]:
    """The fields of pytest-benchmark's `Stats.as_dict`, over launch numbers."""
    ordered = sorted(values)
    quartiles = statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else [ordered[0]] * 3
    mean = statistics.fmean(ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": statistics.stdev(ordered) if len(ordered) > 1 else 0,
        "rounds": len(ordered),
        "median": quartiles[1],
        "iqr": quartiles[2] - quartiles[0],
        "q1": quartiles[0],
        "q3": quartiles[2],
        "iqr_outliers": 0,
        "stddev_outliers": 0,
        "outliers": "0;0",
        "ld15iqr": ordered[0],
        "hd15iqr": ordered[-1],
        "ops": 1 / mean if mean else 0,
        "total": sum(ordered),
        "data": list(values),
        "iterations": 1,
    }
