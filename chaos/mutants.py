"""`python -m chaos.mutants`: break the code in many ways; a test must see each.

The breaks stand in mutants.toml, guards that are taken away in guards.toml, each with
the test that sees it. They are made in a copy; a test that fails without any break
proves nothing, so all are run whole first.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from chaos import telling

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_suffix(".toml")
GUARDS = LIST.with_name("guards.toml")
# What a test needs to run; everything else is left out of the copies.
COPIED = ("capi_jobs", "chaos", "tests", "expectations", "pyproject.toml")
# A quick test on a busy machine; a break may also let it hang.
PATIENCE_SECONDS = 180
# pytest's words: all passed, or some failed. Any other end proves nothing.
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break, and the test that sees it."""

    breaks: str
    file: str
    find: str
    replace: str
    test: str

    def times_found(self, root: Path = ROOT) -> int:
        """Say how often the text stands in its file; it must be once."""
        return (root / self.file).read_text(encoding="utf-8").count(self.find)

    def apply(self, root: Path) -> None:
        """Break the copy."""
        if self.times_found(root) != 1:
            raise LookupError(f"{self.file} does not hold this once: {self.find}")
        file = root / self.file
        text = file.read_text(encoding="utf-8").replace(self.find, self.replace)
        file.write_text(text, encoding="utf-8")


def listed(file: Path = LIST) -> list[Mutant]:
    """Read a list."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Mutant(**one) for one in told["mutant"]]


@contextmanager
def copied() -> Iterator[Path]:
    """Give a copy of the code, thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="capi-jobs-mutant-") as folder:
        root = Path(folder)
        leave_out = shutil.ignore_patterns("__pycache__", "pictures")
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=leave_out)
            else:
                shutil.copy(ROOT / name, root / name)
        yield root


def tested(root: Path, tests: Sequence[str]) -> int | None:
    """Run these tests of a copy; pytest's exit code, or none where they hang."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    # The copy is elsewhere at each try: nothing to gain from its bytecode.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [*words, *tests],
            cwd=root,
            env=environment,
            capture_output=True,
            check=False,
            timeout=PATIENCE_SECONDS * len(tests),
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def killed(mutant: Mutant) -> bool:
    """Whether the test sees the break; one that hangs has seen it, too."""
    with copied() as root:
        mutant.apply(root)
        code = tested(root, [mutant.test])
        if code not in {PASSED, FAILED, None}:
            raise RuntimeError(f"{mutant.test} cannot be run: pytest says {code}")
        return code != PASSED


def main() -> None:
    """Break and test them all, or those whose words hold what is asked for."""
    chosen = _arguments()
    whole = listed(GUARDS if chosen.guards else LIST)
    mutants = [one for one in whole if chosen.only in f"{one.breaks} {one.file}"]
    if not mutants:  # else pytest would be given no test, and run them all
        sys.exit(f"no break has these words: {chosen.only}")
    if chosen.write and len(mutants) < len(whole):
        sys.exit("the page tells of all breaks: leave out --only")
    began = time.monotonic()
    with copied() as root:
        if tested(root, sorted({one.test for one in mutants})) != PASSED:
            sys.exit("a test fails without any break: mend that first")
    seen = list(_seen(mutants, chosen.lanes))
    told = text(mutants, seen, time.monotonic() - began)
    print(told)
    if chosen.write and all(seen):
        part = "guards" if chosen.guards else "mutants"
        page = telling.PAGE.with_name("security.md" if chosen.guards else "chaos.md")
        asked = telling.asked(sys.argv[1:])
        telling.write(part, told, ["python -m chaos.mutants", *asked], page)
    sys.exit(0 if all(seen) else 1)


def _seen(mutants: Sequence[Mutant], lanes: int) -> Iterator[bool]:
    """Say of each whether a test sees it; on the way, name those that none does."""
    console = Console(stderr=True)
    with Progress(console=console) as progress, ThreadPoolExecutor(lanes) as pool:
        task = progress.add_task("mutants", total=len(mutants))
        for mutant, dead in zip(mutants, pool.map(killed, mutants), strict=True):
            if not dead:
                console.print(f"nothing sees it: {mutant.breaks} ({mutant.test})")
            progress.advance(task)
            yield dead


def text(mutants: Sequence[Mutant], seen: Sequence[bool], seconds: float) -> str:
    """Tell it as Markdown."""
    rows = [
        f"| {one.breaks} | `{one.file.removeprefix('capi_jobs/')}` |"
        f" {_name(one) if dead else '**nothing sees it**'} |"
        for one, dead in zip(mutants, seen, strict=True)
    ]
    return "\n".join(
        [
            f"{sum(seen)} of {len(mutants)} breaks are seen; {seconds:.0f} seconds.",
            "",
            "| break | in | seen by |",
            "|---|---|---|",
            *rows,
        ]
    )


def _name(mutant: Mutant) -> str:
    return f"`{mutant.test.rpartition('::')[2].removeprefix('tests/')}`"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos.mutants")
    parser.add_argument(
        "--guards", action="store_true", help="guards of docs/security.md instead"
    )
    parser.add_argument("--only", default="", help="those that hold this text")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="also into the docs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
