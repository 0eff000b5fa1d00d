"""The outside world of the examples: their data over HTTP, and an address that fails a few times."""

import functools
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from services.local.home import LOOPBACK

EXAMPLES = Path(__file__).parents[2] / "examples"


class _Examples(SimpleHTTPRequestHandler):
    """`/data/...` files, `/flaky/<key>?fails=n` 503 n times and then 200, anything else 404."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    calls: Counter[str] = Counter()
    counting = threading.Lock()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/flaky/"):
            self._flaky(url.path.removeprefix("/flaky/"), parse_qs(url.query))
        elif url.path.startswith("/data/") and not url.path.endswith("/"):
            self.path = url.path.removeprefix("/data")
            super().do_GET()
        else:
            self._answer(404, {"error": f"nothing is at {url.path}"})

    def _flaky(self, key: str, query: dict[str, list[str]]) -> None:
        """Counts by key, so that every run that brings a key of its own sees the same."""
        fails = query.get("fails", ["2"])[-1]
        with self.counting:
            self.calls[key] += 1
            calls = self.calls[key]
        if calls <= (int(fails) if fails.isdecimal() else 2):
            self._answer(503, {"error": f"failing on purpose, call {calls}"})
        else:
            self._answer(200, {"key": key, "calls": calls, "ok": True})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what matters is in the run."""


@contextmanager
def serving_examples(folder: Path = EXAMPLES) -> Iterator[str]:
    """The URL of a loopback server for `folder` (with `data/` in it) on a free port."""
    handler = functools.partial(_Examples, directory=str(folder / "data"))
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, name="examples", daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
