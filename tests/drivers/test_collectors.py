"""A server that does not tell what its collector spends: named, never guessed, and it costs that row alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fixtures.drivers.weaviate import read_pauses

PAGES = {
    "/whole": b"# HELP x\ngo_gc_duration_seconds_sum 0.25\ngo_gc_duration_seconds_count 7\n",
    "/other": b"process_cpu_seconds_total 3\n",
    "/words": b"go_gc_duration_seconds_sum many\n",
    "/nan": b"go_gc_duration_seconds_sum NaN\n",
    "/less": b"go_gc_duration_seconds_sum -1\n",
    "/bytes": b"\xff\xfe\x00go_gc_duration",
    "/empty": b"",
}


class Page(BaseHTTPRequestHandler):
    """One of the pages above."""

    def do_GET(self) -> None:
        """200 with the page, 404 without."""
        body = PAGES.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of such pages."""
    with HTTPServer(("127.0.0.1", 0), Page) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def test_the_pauses_are_read_off_a_whole_page(server: str) -> None:
    """In nanoseconds."""
    assert read_pauses(f"{server}/whole").ns == 250_000_000


@pytest.mark.parametrize("page", [*(path for path in PAGES if path != "/whole"), "/gone"])
def test_a_page_that_is_missing_or_malformed_is_an_error_and_no_zero(server: str, page: str) -> None:
    """A collector that is not known must not look like one that never ran."""
    with pytest.raises((ValueError, OSError)):
        read_pauses(f"{server}{page}")


def test_a_port_where_nobody_answers_is_an_error(server: str) -> None:
    """The page is switched off."""
    with pytest.raises(OSError, match="refused"):
        read_pauses("http://127.0.0.1:1/metrics")
