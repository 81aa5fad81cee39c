"""Ask a database of advisories about every locked version; `make advisories`.

pip-audit asks. It counts what it could not ask about as harmless; here that is an
error of its own: 1 = a version has a known hole, 3 = not every one could be asked
about. It needs the network, so it is no part of `make test`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HOLE, NOT_ASKED = 1, 3
# Some hundred questions of milliseconds, one after the other; a slow line.
PATIENCE_SECONDS = 900


def main(words: list[str]) -> int:
    """Audit the files named, or the lock; other words go to pip-audit."""
    files = [word for word in words if not word.startswith("-")]
    told = _audited(
        files or [str(ROOT / "requirements.lock")],
        [word for word in words if word.startswith("-")],
    )
    if told is None:
        return NOT_ASKED
    unasked = [one for one in told if "skip_reason" in one]
    holes = [one for one in told if one.get("vulns")]
    for one in holes:
        for hole in one["vulns"]:
            fixed = ", ".join(hole["fix_versions"]) or "no version yet"
            names = ", ".join([hole["id"], *hole["aliases"]])
            print(f"{one['name']} {one['version']}: {names}; mended in {fixed}")
    for one in unasked:
        print(f"not asked about: {one['skip_reason']}", file=sys.stderr)
    asked = len(told) - len(unasked)
    print(f"{asked} of {len(told)} versions asked about, {len(holes)} with holes")
    if holes:
        return HOLE
    return NOT_ASKED if unasked or not told else 0


def _audited(files: list[str], options: list[str]) -> list[dict[str, Any]] | None:
    """Let pip-audit ask; nothing where it got no answer."""
    with tempfile.TemporaryDirectory(prefix="capi-jobs-advisories-") as cache:
        done = subprocess.run(  # noqa: S603 - our own words
            [
                *(sys.executable, "-m", "pip_audit"),
                # OSV knows what PyPI's own list knows, and no mirror stands before it.
                *("--vulnerability-service", "osv"),
                # An answer kept from yesterday does not know today's hole.
                *("--cache-dir", cache),
                # Nothing is fetched or resolved: the lock is whole.
                *("--disable-pip", "--require-hashes"),
                *("--format", "json", "--progress-spinner", "off"),
                *(f"--requirement={file}" for file in files),
                *options,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    try:
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"pip-audit got no answer: {last}", file=sys.stderr)
        print(
            "nothing is known about the lock: try where the service can be reached",
            file=sys.stderr,
        )
        return None
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
