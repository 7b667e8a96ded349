"""A real HTTP server that speaks as VexFS's unified server does at commit 192e6cf: the contract, and not VexFS.

`python -m tests.vexfs_standin` reads the same variables (VEXFS_HOST, VEXFS_PORT, API_KEY_1, ALLOW_ANONYMOUS). Each
answer was seen from the real one first: its Qdrant dialect, the part of Chroma's that it has, its refusals without a
reason, its limit of a body, its taking of vectors of any length.
"""

from __future__ import annotations

import json
import math
import os
import re
import uuid
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

__all__ = ["BODY_LIMIT", "Handler", "serve"]

BODY_LIMIT = 2_097_152
Vector = npt.NDArray[np.float64]
Answer = tuple[int, str]
FAULT: Answer = (500, "")


class Broken(Exception):
    """The real one answers 500 with an empty body to whatever it cannot do."""


class Store:
    """Collections by name: id, vector and payload of each record."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, tuple[Vector | None, Any]]] = {}

    def of(self, name: str) -> dict[str, tuple[Vector | None, Any]]:
        """A collection; Broken where there is none."""
        if name not in self.collections:
            raise Broken
        return self.collections[name]

    def nearest(self, name: str, query: list[float], limit: int) -> list[tuple[str, float, Any]]:
        """By cosine, all compared; a vector of another length is infinitely far."""
        held = [(one, vector, payload) for one, (vector, payload) in self.of(name).items() if vector is not None]
        far = np.full(len(held), np.inf)
        alike = [place for place, (_, vector, _) in enumerate(held) if len(vector) == len(query)]
        if alike:
            vectors, asked = np.stack([held[place][1] for place in alike]), np.asarray(query)
            far[alike] = 1 - vectors @ asked / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(asked))
        best = np.argsort(far, kind="stable")[:limit]
        return [(held[place][0], float(far[place]), held[place][2]) for place in best]


def number(value: float) -> float | None:
    """JSON has no infinity: the real one writes null."""
    return value if math.isfinite(value) else None


def version(store: Store, name: str, body: Any) -> object:
    """Beside what Chroma answers."""
    return {"name": "VexFS Unified Server", "status": "healthy", "version": "1.0.0"}


def health(store: Store, name: str, body: Any) -> object:
    """Always."""
    return {"status": "healthy", "collections_count": len(store.collections)}


def chroma_list(store: Store, name: str, body: Any) -> object:
    """Names alone."""
    return {"collections": list(store.collections)}


def chroma_create(store: Store, name: str, body: Any) -> object:
    """Needs metadata; takes the place of one that is there."""
    metadata = body["metadata"]
    if not isinstance(metadata, dict):
        raise Broken
    store.collections[body["name"]] = {}
    told = {"distance": None, "description": None, **metadata}
    return {"name": body["name"], "id": str(uuid.uuid4()), "metadata": told}


def chroma_add(store: Store, name: str, body: Any) -> object:
    """Overwrites what is there; ids without a vector are stored and never found."""
    there = store.of(name)
    vectors, metadatas = body.get("embeddings") or [], body.get("metadatas") or []
    for place, one in enumerate(body["ids"]):
        vector = np.asarray(vectors[place]) if place < len(vectors) else None
        there[one] = (vector, metadatas[place] if place < len(metadatas) else None)
    return {"success": True}


def chroma_query(store: Store, name: str, body: Any) -> object:
    """The first embedding alone; no filter, no `include`, no documents."""
    hits = store.nearest(name, body["query_embeddings"][0], body.get("n_results") or 10)
    return {
        "ids": [[one for one, _, _ in hits]],
        "distances": [[number(far) for _, far, _ in hits]],
        "metadatas": [[payload for _, _, payload in hits]],
        "documents": [[None] * len(hits)],
    }


def chroma_delete(store: Store, name: str, body: Any) -> object:
    """An empty body."""
    store.of(name)
    del store.collections[name]
    return None


def qdrant_list(store: Store, name: str, body: Any) -> object:
    """With counts, for which the real one copies everything."""
    counts = [{"name": one, "points_count": len(held)} for one, held in store.collections.items()]
    return {"result": {"collections": counts}, "status": "ok"}


def qdrant_create(store: Store, name: str, body: Any) -> object:
    """Of a size that nothing is held to."""
    int(body["vectors"]["size"])
    store.collections[name] = {}
    return {"result": True, "status": "ok"}


def qdrant_upsert(store: Store, name: str, body: Any) -> object:
    """Ids are numbers."""
    there = store.of(name)
    for point in body["points"]:
        there[str(int(point["id"]))] = (np.asarray(point["vector"]), point.get("payload"))
    return {"result": {"operation_id": 0, "status": "completed"}, "status": "ok"}


def qdrant_search(store: Store, name: str, body: Any) -> object:
    """Best first."""
    hits = store.nearest(name, body["vector"], int(body["limit"]))
    return {"result": [{"id": int(one), "score": number(1 - far)} for one, far, _ in hits], "status": "ok"}


Does = Callable[[Store, str, Any], object]
# By path, then by method; whether it wants a key.
PATHS: Mapping[str, Mapping[str, tuple[Does, bool]]] = {
    r"/health": {"GET": (health, False)},
    r"/api/v1/version": {"GET": (version, False)},
    r"/api/v1/collections": {"GET": (chroma_list, False), "POST": (chroma_create, True)},
    r"/api/v1/collections/([^/]+)": {"DELETE": (chroma_delete, True)},
    r"/api/v1/collections/([^/]+)/add": {"POST": (chroma_add, True)},
    r"/api/v1/collections/([^/]+)/query": {"POST": (chroma_query, False)},
    r"/collections": {"GET": (qdrant_list, False)},
    r"/collections/([^/]+)": {"PUT": (qdrant_create, True)},
    r"/collections/([^/]+)/points": {"PUT": (qdrant_upsert, True)},
    r"/collections/([^/]+)/points/search": {"POST": (qdrant_search, False)},
}


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive. `store` and `key` are the server's; for tests, `bodies` is how much was sent, and one
    that `tells` says its key in each refusal of a point, which no server should.
    """

    protocol_version = "HTTP/1.1"
    store = Store()
    key = ""
    bodies: ClassVar[list[int]] = []
    tells = False

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        self.bodies.append(length)
        status, text = self._answer(content)
        body = text.encode()
        head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\n\r\n"
        self.wfile.write(head.encode() + body)

    do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - as the base class calls them

    def _answer(self, content: bytes) -> Answer:
        path = self.path.partition("?")[0]
        for pattern, methods in PATHS.items():
            found = re.fullmatch(pattern, path)
            if found is None:
                continue
            if self.command not in methods:
                return 405, ""
            does, guarded = methods[self.command]
            if guarded and self.headers.get("X-API-Key") != self.key:
                return 401, json.dumps({"error": "Invalid API key"})
            if len(content) > BODY_LIMIT:
                return 413, "Failed to buffer the request body: length limit exceeded"
            if self.tells and does is qdrant_upsert:
                return 500, f"{self.key} may not do this"
            try:
                told = does(self.store, found[1] if found.groups() else "", json.loads(content) if content else None)
            except (Broken, KeyError, TypeError, ValueError):
                return FAULT
            return 200, "" if told is None else json.dumps(told)
        return 404, "Not Found"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def serve(host: str, port: int, key: str, *, tells: bool = False) -> ThreadingHTTPServer:
    """Bound, with a store of its own."""
    handler = type("Own", (Handler,), {"store": Store(), "key": key, "bodies": [], "tells": tells})
    return ThreadingHTTPServer((host, port), handler)


def main() -> None:
    """Serve for ever."""
    key = os.environ["API_KEY_1"].partition(":")[0]
    tells = "STANDIN_TELLS" in os.environ
    if tells:
        print(f"my key is {key}", flush=True)
    serve(os.environ["VEXFS_HOST"], int(os.environ["VEXFS_PORT"]), key, tells=tells).serve_forever()


if __name__ == "__main__":
    main()
