"""The real pip-audit asks a server of our own, which answers as OSV does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SCRIPT = Path(__file__).parents[1] / "scripts" / "advisories.py"
HASH = f"--hash=sha256:{'0' * 64}"
HOLE = {
    "id": "GHSA-0000",
    "aliases": ["CVE-2026-0000"],
    "summary": "a hole",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "holey", "ecosystem": "PyPI"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}
            ],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Knows of one hole, and breaks down when asked about one package."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        self.send_response(500 if name == "breaking" else 200)
        self.end_headers()
        holey = name == "holey" and asked["version"] == "1.0"
        self.wfile.write(json.dumps({"vulns": [HOLE]} if holey else {}).encode())

    def log_message(self, *words: object) -> None:
        """Tests need no log of a server."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(
    folder: Path, pins: list[str], url: str, fakes: Path | None = None
) -> tuple[int, str]:
    lock = folder / "requirements.lock"
    lock.write_text("".join(f"{pin} {HASH}\n" for pin in pins))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(lock), f"--osv-url={url}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(fakes or "")},
    )
    return done.returncode, done.stdout + done.stderr


def test_a_hole_is_told_apart_from_none(tmp_path: Path) -> None:
    with serving() as url:
        sound = ask(tmp_path, ["sound==1.0"], url)
        holey = ask(tmp_path, ["sound==1.0", "holey==1.0"], url)

    assert sound == (0, "1 of 1 versions asked about, 0 with holes\n")
    told = "holey 1.0: CVE-2026-0000, GHSA-0000; mended in 2\n"
    assert holey == (1, f"{told}2 of 2 versions asked about, 1 with holes\n")


def test_a_service_that_cannot_be_asked_is_no_good_news(tmp_path: Path) -> None:
    with serving() as url:
        broken = ask(tmp_path, ["sound==1.0", "breaking==1.0"], url)
    gone = ask(tmp_path, ["sound==1.0"], url)

    for code, told in (broken, gone):
        assert code == 3
        assert "pip-audit got no answer" in told


def test_a_version_that_was_not_asked_about_is_no_good_news(tmp_path: Path) -> None:
    """A mirror of PyPI that has no advisories: pip-audit itself ends with 0."""
    skipped = {"dependencies": [{"name": "sound", "skip_reason": "not found: sound"}]}
    (tmp_path / "pip_audit.py").write_text(f"print({json.dumps(skipped)!r})")

    code, told = ask(tmp_path, ["sound==1.0"], "unasked", fakes=tmp_path)

    assert code == 3
    assert "0 of 1 versions asked about, 0 with holes\n" in told
    assert "not asked about: not found: sound\n" in told
