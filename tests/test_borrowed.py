"""A collection of somebody else's server as the workload: read, never written to, and every fault told."""

from __future__ import annotations

import http.client
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest

from analysis.rows import RowKey
from fixtures.borrowed import Borrowed, borrowed_in, laid_out, readable
from fixtures.drivers.base import Endpoint, Process, Space, Tier
from fixtures.drivers.chroma import ChromaHttp
from fixtures.drivers.readers import ChromaReader, Page, QdrantReader, Reader, WeaviateReader
from fixtures.drivers.weaviate import WeaviateServer
from fixtures.errors import BadDataset, UnknownName, UsageError
from fixtures.ledger import ledger
from fixtures.readout import queries_of, read_out
from fixtures.targets import Runnable, Target, known_stores, resolve
from fixtures.tiers import process
from fixtures.tiers.process import ProcessRunning
from fixtures.workloads import scale_named, workload_for
from tests.suite import run_suite
from tests.tiers.test_remote import CHROMA_KEY, KEY, guard, keyed

STORES = known_stores(())
VECTORS = np.random.default_rng(3).standard_normal((1_300, 8)).astype(np.float32)
PATIENCE_S = 60.0


def quiet(_: str) -> None:
    """Says nothing."""


def started(store: str, change: Callable[[Process], Process] = lambda spec: spec) -> ProcessRunning:
    """A server that somebody else runs, as far as the suite knows."""
    found = resolve(Target(STORES[store], Tier.PROCESS))
    if not isinstance(found, Runnable) or not isinstance(found.target.spec, Process):
        pytest.skip(f"no {store} here")
    running = process.start(f"{store}@process", change(found.target.spec), found.program)
    running.wait_ready(60)
    return running


@pytest.fixture(scope="module")
def server() -> Iterator[ProcessRunning]:
    """A Chroma with a collection of 1,300 vectors, an empty one, and a small one."""
    running = started("chroma")
    driver = ChromaHttp(running.endpoint)
    for name, vectors in (("articles", VECTORS), ("nothing", VECTORS[:0]), ("few", VECTORS[:19])):
        driver.create(name, Space(8))
        if len(vectors):
            driver.insert(range(len(vectors)), vectors)
    driver.close()
    yield running
    running.stop()


def theirs(url: str, name: str = "articles", store: str = "chroma") -> Borrowed:
    """The collection there."""
    return Borrowed(store, url, name)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Normalised."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@contextmanager
def watched(upstream: int) -> Iterator[tuple[str, list[str]]]:
    """A proxy that writes down what is asked: its URL, and method and path of every request."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body in one write: two would wait for a delayed acknowledgement.
        wbufsize = 1 << 16

        def _pass(self) -> None:
            asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection("127.0.0.1", upstream)
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            connection.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}", asked
        finally:
            proxy.shutdown()
            thread.join()


def state_of(server: ProcessRunning) -> dict[str, list[tuple[str, list[float]]]]:
    """All that the Chroma has, by its own word."""
    driver = ChromaHttp(server.endpoint)
    found = {}
    for one in driver._client.list_collections():
        items = one.get(include=["embeddings"])
        found[one.name] = list(zip(items["ids"], np.asarray(items["embeddings"]).tolist(), strict=True))
    driver.close()
    return found


def test_what_was_typed_is_read() -> None:
    """Store, server with its other ports, and name; what is a path stays one."""
    assert borrowed_in("chroma+http://h:8000/a%20b") == Borrowed("chroma", "http://h:8000", "a b")
    told = borrowed_in("weaviate+https://h/Articles?grpc=50051")
    assert told == Borrowed("weaviate", "https://h?grpc=50051", "Articles")
    assert str(told) == "weaviate+https://h/Articles?grpc=50051"
    assert borrowed_in("data.hdf5") is None
    assert borrowed_in("a+b/data.hdf5") is None


@pytest.mark.parametrize("text", ["http://h:1/x", "chroma+http://h:1", "chroma+http://h:1/", "chroma+http://h:1/a/b"])
def test_what_names_no_collection_is_refused(text: str) -> None:
    """With the form."""
    with pytest.raises(UsageError, match=r"chroma\+http://HOST:PORT/NAME"):
        borrowed_in(text)


def test_a_store_without_a_reader_and_a_password_in_the_url_are_refused() -> None:
    """And the password is not said again."""
    with pytest.raises(UnknownName, match=r"'exact' can be read\. There are: chroma, qdrant, weaviate"):
        readable(theirs("http://h:1", store="exact"), STORES)
    with pytest.raises(UsageError, match=CHROMA_KEY) as caught:
        readable(theirs("http://me:s3cret@h:1"), STORES)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(UsageError, match="no address"):
        readable(theirs("ftp://h:1"), STORES)


@pytest.mark.parametrize(("vectors", "queries"), [(20, 2), (500, 50), (1_000, 100), (9_999, 100), (50_000, 500)])
def test_some_are_held_out(vectors: int, queries: int) -> None:
    """One in a hundred, 100 to 500, never above a tenth."""
    assert queries_of(vectors) == queries


def test_the_workload_is_the_collection(
    server: ProcessRunning, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each vector once, some as queries, the exact answers of the rest; again it is the same one, from the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said: list[str] = []
    with laid_out(theirs(server.endpoint.http), STORES, 0, PATIENCE_S, said.append) as file:
        assert file.parent.stat().st_mode & 0o777 == 0o700
        workload = workload_for(scale_named("small"), 0, file)
    assert not file.parent.exists()
    assert "articles: 1,300 of 1,300 vectors read" in said
    train, queries, neighbors = (np.load(path) for path in (workload.train, workload.queries, workload.neighbors))
    assert (len(train), len(queries)) == (1_200, 100)
    both = np.concatenate((train, queries))
    assert np.allclose(both[np.lexsort(both.T)], unit(VECTORS)[np.lexsort(unit(VECTORS).T)], atol=1e-6)
    assert np.array_equal(neighbors, np.argsort(-(queries @ train.T), axis=1)[:, :10])
    url = server.endpoint.http
    assert workload.dataset.source == f"collection articles of {url}, 100 of 1,300 held out as queries, seed 0"
    with laid_out(theirs(url), STORES, 0, PATIENCE_S, quiet) as file:
        assert workload_for(scale_named("small"), 0, file) == workload
    with laid_out(theirs(url), STORES, 1, PATIENCE_S, quiet) as file:
        assert workload_for(scale_named("small"), 0, file).dataset.sha256 != workload.dataset.sha256


def test_nothing_is_written_to_the_server(server: ProcessRunning) -> None:
    """By what is asked of it, and by what it has afterwards."""
    before = state_of(server)
    with watched(server.endpoint.ports["http"]) as (url, asked), laid_out(theirs(url), STORES, 0, PATIENCE_S, quiet):
        pass
    # Chroma reads vectors by a POST.
    assert {one for one in asked if not one.startswith("GET ") and not one.endswith("/get")} == set()
    assert any(one.startswith("POST ") for one in asked)
    assert state_of(server) == before


def test_a_run_measures_it_in_another_store_and_leaves_the_server_as_it_was(
    server: ProcessRunning, tmp_path: Path
) -> None:
    """With a key, which is told nowhere; the record says where the vectors are from."""
    before = state_of(server)
    with guard(server.endpoint.ports["http"], KEY) as url:
        ran = run_suite(
            tmp_path,
            f"--dataset=chroma+{url}/articles",
            "--target=exact@embedded",
            "--scale=small",
            "--launches=1",
            *("-k", "recall_at_10"),
            variables={CHROMA_KEY: KEY, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        )
    assert ran.status == 0, ran.output
    assert ran.rows[RowKey("recall_at_10", "small", "exact@embedded")].values == (1.0,)
    (dataset,) = ran.record.run.datasets
    assert dataset.source == f"collection articles of {url}, 100 of 1,300 held out as queries, seed 0"
    assert ran.record.run.options["dataset"] == f"chroma+{url}/articles"
    assert KEY not in ran.output
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert state_of(server) == before


def test_a_collection_of_a_weaviate_with_keys_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over gRPC; it is as before."""
    running = started("weaviate", keyed)
    try:
        spec = readable(theirs(running.endpoint.http, "Articles", "weaviate"), STORES)
        monkeypatch.setenv(spec.key, KEY)
        driver = WeaviateServer(replace(running.endpoint, key=KEY))
        driver.create("articles", Space(8))
        driver.insert(range(700), VECTORS[:700])
        schema = driver._client.collections.list_all(simple=False)
        url = f"{running.endpoint.http}?grpc={running.endpoint.ports['grpc']}"
        with (
            laid_out(theirs(url, "Articles", "weaviate"), STORES, 0, PATIENCE_S, quiet) as file,
            h5py.File(file) as read,
        ):
            both = np.concatenate((read["train"][()], read["test"][()]))
        assert np.allclose(both[np.lexsort(both.T)], VECTORS[:700][np.lexsort(VECTORS[:700].T)], atol=1e-5) or (
            np.allclose(both[np.lexsort(both.T)], unit(VECTORS[:700])[np.lexsort(unit(VECTORS[:700]).T)], atol=1e-5)
        )
        assert driver.count() == 700
        assert driver._client.collections.list_all(simple=False) == schema
        driver.close()
    finally:
        running.stop()


def test_a_collection_of_a_qdrant_is_read() -> None:
    """By the client's own imitation of the server, for want of a server here."""
    from qdrant_client import QdrantClient, models

    reader = QdrantReader(Endpoint(Path(), {"http": 1}))
    reader.close()
    reader._client = QdrantClient(":memory:")
    size = models.VectorParams(size=8, distance=models.Distance.DOT)
    reader._client.create_collection("articles", vectors_config=size)
    reader._client.create_collection("named", vectors_config={"a": size, "b": size})
    points = [models.PointStruct(id=number, vector=row.tolist()) for number, row in enumerate(VECTORS)]
    reader._client.upsert("articles", points)
    reader._client.upsert("named", [models.PointStruct(id=1, vector={"a": [1.0] * 8, "b": [1.0] * 8})])
    assert sorted(reader.names()) == ["articles", "named"]
    assert reader.count("articles") == 1_300
    assert np.allclose([vector for page in reader.pages("articles") for vector in page], VECTORS)
    with pytest.raises(ValueError, match=r"several vectors each \(a, b\)"):
        list(reader.pages("named"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("articels", r"no collection 'articels'\. Did you mean articles\?"),
        ("zzz", r"no collection 'zzz'\. It has: articles, few, nothing\."),
        ("nothing", "'nothing' is empty"),
        ("few", "'few' has 19 vectors; at least 20 are needed"),
    ],
)
def test_a_collection_that_cannot_be_measured_with_is_told(server: ProcessRunning, name: str, told: str) -> None:
    """An unknown one with the nearest names."""
    with (
        pytest.raises(BadDataset, match=told) as caught,
        laid_out(theirs(server.endpoint.http, name), STORES, 0, PATIENCE_S, quiet),
    ):
        pass
    assert f"chroma+{server.endpoint.http}/{name}" in str(caught.value)


@pytest.mark.parametrize(("key", "told"), [("", "wants an API key"), ("wrong-4711", "refused the API key")])
def test_a_wrong_key_is_told_with_its_variable(
    server: ProcessRunning, monkeypatch: pytest.MonkeyPatch, key: str, told: str
) -> None:
    """And not with the key."""
    monkeypatch.setenv(CHROMA_KEY, key)
    with (
        guard(server.endpoint.ports["http"], KEY) as url,
        pytest.raises(BadDataset, match=f"(?s){told}.*{CHROMA_KEY}") as caught,
        laid_out(theirs(url), STORES, 0, PATIENCE_S, quiet),
    ):
        pass
    assert not key or key not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within seconds."""
    monkeypatch.setattr("fixtures.tiers.remote._REACH_S", 0.5)
    url = "http://127.0.0.1:1"
    with pytest.raises(BadDataset, match="could not be used"), laid_out(theirs(url), STORES, 0, PATIENCE_S, quiet):
        pass


def test_a_server_that_vanishes_while_it_is_read_is_told_and_nothing_is_left() -> None:
    """It is killed when the first page is there: no half of a collection is a workload."""
    running = started("chroma")
    try:
        driver = ChromaHttp(running.endpoint)
        driver.create("long", Space(8))
        many = np.tile(VECTORS, (10, 1))
        for first in range(0, len(many), 1_000):
            driver.insert(range(first, min(len(many), first + 1_000)), many[first : first + 1_000])
        driver.close()
        said: list[str] = []

        def kill(text: str) -> None:
            said.append(text)
            os.kill(running.pids()[0], signal.SIGKILL)

        with (
            pytest.raises(BadDataset, match=r"The collection long of .* could not be read: ") as caught,
            laid_out(theirs(running.endpoint.http, "long"), STORES, 0, PATIENCE_S, kill),
        ):
            pass
        assert said
        assert "See that the server runs" in str(caught.value)
    finally:
        running.stop()
    left = [line for line in ledger().path.read_text().splitlines() if "-collection-" in line]
    assert sum('"gone":true' in line for line in left) * 2 == len(left)


def test_ctrl_c_while_it_is_read_leaves_no_folder_and_no_process(server: ProcessRunning) -> None:
    """As at any other moment of a run."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        laid_out(theirs(server.endpoint.http), STORES, 0, PATIENCE_S, interrupt) as file,
    ):
        pytest.fail(f"it was read: {file}")
    left = [line for line in ledger().path.read_text().splitlines() if "-collection-" in line]
    assert sum('"gone":true' in line for line in left) * 2 == len(left)
    readers = [one for one in psutil.Process().children() if "fixtures.readout" in " ".join(one.cmdline())]
    assert readers == []


def test_a_server_that_falls_silent_is_given_up(server: ProcessRunning) -> None:
    """As a request of a target would be."""
    with watched(server.endpoint.ports["http"]) as (url, _):
        os.kill(server.pids()[0], signal.SIGSTOP)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("fixtures.borrowed._require_answer", lambda *_: None)
                with (
                    pytest.raises(BadDataset, match=r"was silent for 2 s .*--request-timeout"),
                    laid_out(theirs(url), STORES, 0, 2.0, quiet),
                ):
                    pass
        finally:
            os.kill(server.pids()[0], signal.SIGCONT)


class Pages:
    """A reader of what it was given."""

    def __init__(self, told: int, pages: Sequence[Page]) -> None:
        self._told, self._pages = told, pages

    def names(self) -> Sequence[str]:
        """One."""
        return ["x"]

    def count(self, collection: str) -> int:
        """As told."""
        return self._told

    def pages(self, collection: str) -> Iterator[Page]:
        """As given."""
        yield from self._pages

    def close(self) -> None:
        """Nothing."""


ROWS = VECTORS[:20].tolist()


@pytest.mark.parametrize(
    ("told", "pages", "words"),
    [
        (20, [ROWS[:10], [row[:4] for row in ROWS[10:]]], "several dimensions: 4 and 8"),
        (20, [[*ROWS[:19], ROWS[19][:4]]], "several dimensions: 4 and 8"),
        (21, [ROWS], "21 vectors were counted, 20 were read"),
        (20, [ROWS, ROWS], "20 vectors were counted, more than 20 were read"),
        (20, [[*ROWS[:19], [float("nan")] * 8]], "Vector 19 has NaN"),
        (20, [ROWS[:10], [[1e60] * 8, *ROWS[11:]]], "Vector 10 has NaN, or a number that is no float32"),
        (20, [[[0.0] * 8, *ROWS[1:]]], "Vector 0 is zero"),
    ],
)
def test_vectors_that_cannot_be_measured_with_are_told(
    tmp_path: Path, told: int, pages: Sequence[Page], words: str
) -> None:
    """Ragged, changed under way, not finite, zero."""
    reader: Reader = Pages(told, pages)  # type: ignore[assignment]  # it is made with what it gives
    with pytest.raises(BadDataset, match=words):
        read_out(reader, "x", 0, tmp_path / "file", "x")


def test_readers_have_no_method_that_writes() -> None:
    """Three stores, one face."""
    for reader in (ChromaReader, QdrantReader, WeaviateReader):
        assert {name for name in vars(reader) if not name.startswith("_")} == {"names", "count", "pages", "close"}
