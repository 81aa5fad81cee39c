"""`python -m chaos.fuzz`: bytes that find new paths through the readers, by atheris.

Each target ends as its reader's documentation says, or libFuzzer keeps what broke it.
What hypothesis makes up for the same readers is in tests; this looks further, by the
branches that were taken. atheris is no locked dependency: each of its versions has
wheels for some Pythons only.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from itertools import product
from pathlib import Path

TARGETS = ("items", "rows", "entries", "answers", "arrivals", "config", "forms")
# Larger ones reach the same branches, only slower.
BYTES_MAX = 2_000
# A reader that takes so long for so few bytes can be made to hang.
HANGS_SECONDS = 10
NO_ATHERIS = "atheris is not installed: .venv/bin/uv pip install atheris"
COUNTRIES = (None, "US", "DE", "GB", "JP", "BR")
ONE = Callable[[bytes], None]


def main() -> None:
    """Fuzz each target in a process of its own; exit 1 where one broke."""
    chosen = _arguments()
    if find_spec("atheris") is None:
        sys.exit(NO_ATHERIS)
    if chosen.be:
        _fuzz(chosen.be, chosen.seconds, chosen.found)
    broken = [one for one in chosen.targets or TARGETS if not _held(one, chosen)]
    sys.exit(f"broken: {', '.join(broken)}" if broken else 0)


def _held(target: str, chosen: argparse.Namespace) -> bool:
    words = [sys.executable, "-m", "chaos.fuzz", "--be", target]
    words += ["--seconds", str(chosen.seconds), "--found", str(chosen.found)]
    done = subprocess.run(  # noqa: S603 - our own words
        words, check=False, capture_output=True, text=True
    )
    said = done.stderr.splitlines()
    runs = next((line for line in reversed(said) if "DONE" in line), "")
    print(f"{target}: {'held' if not done.returncode else 'BROKEN'} {runs}".rstrip())
    if done.returncode:
        print("\n".join(said[-40:]))
    return not done.returncode


def _fuzz(target: str, seconds: int, found: Path) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris  # noqa: PLC0415 - no locked dependency

    with atheris.instrument_imports(include=["capi_jobs"]):
        one, seeds = MADE[target]()
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            Path(corpus, str(number)).write_bytes(seed)
        limits = {
            "max_total_time": seconds,
            "max_len": BYTES_MAX,
            "timeout": HANGS_SECONDS,
            "artifact_prefix": f"{found}/{target}-",
        }
        words = [f"-{name}={value}" for name, value in limits.items()]
        atheris.Setup([target, *words, corpus], one)
        atheris.Fuzz()


# ── Targets: a reader, what it may say no with, what then holds; and seeds ──────


def _items() -> tuple[ONE, list[bytes]]:
    from capi_jobs.orders.items import QUANTITY_MAX, read_items  # noqa: PLC0415
    from capi_jobs.orders.scalars import Unreadable  # noqa: PLC0415

    def one(data: bytes) -> None:
        text = data.decode(errors="surrogateescape")
        with suppress(Unreadable):
            for item in read_items("items", text) or ():
                assert item.sku
                assert 0 < item.quantity <= QUANTITY_MAX

    return one, [b'[{"sku":"a","quantity":2,"unit_price":"9.90","name":"Tea"}]', b"[]"]


ROW = (
    b'{"order_id":"o-1","completed_at":"2026-11-20T12:00:00+01:00","value":"19.90",'
    b'"currency":"EUR","consent":"yes","email":["a@b.example"],"is_test":false,'
    b'"items":[{"sku":"a","quantity":2}],"destination":"meta-web","event_id":"o-1",'
    b'"event_time":"2026-11-20T12:00:00Z","event_name":"Purchase"}'
)


def _rows() -> tuple[ONE, list[bytes]]:
    from capi_jobs.errors import DataContractFault  # noqa: PLC0415
    from capi_jobs.jobs.reading_files import read_ids, read_rows  # noqa: PLC0415
    from capi_jobs.model import Order  # noqa: PLC0415
    from capi_jobs.orders import read_order  # noqa: PLC0415

    file = Path(tempfile.mkdtemp()) / "orders.json"

    def one(data: bytes) -> None:
        file.write_bytes(data)
        with suppress(DataContractFault):
            for row in read_rows(file):
                read = read_order(row, timezone=None)
                assert read
                assert not isinstance(read, Order) or read.value.is_finite()
        with suppress(DataContractFault):
            assert all(read_ids(file))

    return one, [ROW, b"[" + ROW + b"]", ROW + b"\n" + ROW]


def _entries() -> tuple[ONE, list[bytes]]:
    from capi_jobs.errors import DataContractFault  # noqa: PLC0415
    from capi_jobs.jobs.importing import entries_of  # noqa: PLC0415
    from tests.config.building import destination, settings  # noqa: PLC0415

    file = Path(tempfile.mkdtemp()) / "sent.json"
    made = settings(destinations=[destination(name="meta-web")])

    def one(data: bytes) -> None:
        file.write_bytes(data)
        with suppress(DataContractFault):
            assert all(e.event_id and e.order_id for e in entries_of(made, file))

    return one, [ROW, b"[" + ROW + b"]"]


def _answers() -> tuple[ONE, list[bytes]]:
    from capi_jobs.errors import DestinationStopped  # noqa: PLC0415
    from capi_jobs.model import Accepted, Answer  # noqa: PLC0415
    from capi_jobs.platforms import NAMES, platform_named  # noqa: PLC0415
    from tests.platforms.cases import Case  # noqa: PLC0415
    from tests.platforms.test_hostile import PROOF, REAL, SIZE, names_twice  # noqa: PLC0415

    platforms = {name: platform_named(name) for name in NAMES}
    batches = {
        name: Case(platform, {"events": SIZE}).conversions()
        for name, platform in platforms.items()
    }

    def one(data: bytes) -> None:
        headers = {"x-app-usage": data[:60].decode("latin-1")}
        for status, (name, platform) in product((200, 400, 503), platforms.items()):
            answer = Answer(status, headers, data)
            assert 0 <= platform.pressure(answer) <= 1
            with suppress(DestinationStopped):
                outcomes = platform.outcomes(batches[name], answer)
                assert len(outcomes) == SIZE
                if any(isinstance(each, Accepted) for each in outcomes):
                    assert status == 200 and not names_twice(data)  # noqa: PT018, PLR2004
                    assert PROOF[name](json.loads(data))
            with suppress(DestinationStopped):
                platform.probed(answer)

    return one, REAL


def _arrivals() -> tuple[ONE, list[bytes]]:
    from capi_jobs.model import Answer  # noqa: PLC0415
    from capi_jobs.platforms import NAMES  # noqa: PLC0415
    from capi_jobs.platforms.arrival import Told, Untold  # noqa: PLC0415
    from tests.platforms.test_arrival import Case  # noqa: PLC0415
    from tests.platforms.test_hostile import REAL_ARRIVALS  # noqa: PLC0415

    told = {
        name: [
            Case(name, {"case": "any", "what": what})
            for what in ("stats", "offline_event_uploads", "pixel/list")
        ]
        for name in NAMES
    }

    def one(data: bytes) -> None:
        answer = Answer(200, {}, data)
        for cases in told.values():
            for case in cases:
                found = case.api.read_arrivals(case.asked(), answer, case.inquiry())
                assert isinstance(found, Told | Untold)

    return one, REAL_ARRIVALS


def _config() -> tuple[ONE, list[bytes]]:
    from capi_jobs.errors import ConfigFault  # noqa: PLC0415
    from tests.config.building import loaded  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    example = Path(__file__).parent.parent / "docs" / "examples" / "capi_jobs.toml"

    def one(data: bytes) -> None:
        with suppress(ConfigFault):
            assert loaded(folder, data).destinations

    return one, [example.read_bytes()[:BYTES_MAX], CONFIG]


CONFIG = b"""\
warehouse = "sqlite:///shop.db"
[orders]
relation = "orders"
[[destinations]]
name = "meta-web"
platform = "meta"
account = "1"
token = "env:META_TOKEN"
base_url = "https://proxy.example/meta"
dedup_window = "47h"
"""


def _forms() -> tuple[ONE, list[bytes]]:
    from capi_jobs.identity import FORMS, Context  # noqa: PLC0415

    forms = sorted(FORMS)

    def one(data: bytes) -> None:
        if not data:
            return
        form = forms[data[0] % len(forms)]
        context = Context(COUNTRIES[data[0] // len(forms) % len(COUNTRIES)])
        normal = FORMS[form](data[1:].decode(errors="replace"), context)
        assert normal != ""
        # Of a number that nobody can dial, +49 00 2…, one zero falls at each reading.
        if normal is not None and not form.startswith("phone"):
            assert FORMS[form](normal, context) == normal

    told = (b"jane.doe@example.com", b"+49 30 901820", b"05-03-1995", b"SW1A 1AA")
    return one, [bytes([n]) + text for n in range(60) for text in told]


MADE: Mapping[str, Callable[[], tuple[ONE, list[bytes]]]] = {
    "items": _items,
    "rows": _rows,
    "entries": _entries,
    "answers": _answers,
    "arrivals": _arrivals,
    "config": _config,
    "forms": _forms,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos.fuzz")
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all")
    parser.add_argument("--seconds", type=int, default=60, help="of each; 60")
    found = Path(tempfile.gettempdir(), "capi-jobs-fuzz")
    parser.add_argument("--found", type=Path, default=found, help="what broke one")
    parser.add_argument("--be", choices=TARGETS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
