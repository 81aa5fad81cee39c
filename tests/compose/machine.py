"""The services of docker-compose.yml as processes of one machine.

Each has its command, environment, files and health check from the file that Compose
read; only what a container engine would give is put in its place: names of hosts are
loopback, ports are free ones, and a folder stands for each container's root.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

import psycopg

from capi_jobs.airflow.local import postgres
from capi_jobs.airflow.local.processes import Processes
from capi_jobs.airflow.local.settings import free_port
from tests.compose.reading import (
    BIN,
    ROOT,
    Service,
    copied,
    ends_by_itself,
    image_environment,
    services,
)

PORTS = ("5432", "6379", "8080", "8765", "8974")
HOSTS = re.compile(r"\b(airflow-apiserver|postgres|redis|sandbox)(?=:\d)")
POSTGRES_BIN = postgres._binaries()
# What a container has from its image.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The whole takes forty seconds on two idle cores.
START_SECONDS_MAX = 240
CHECK_SECONDS_MAX = 60
# Most checks start a Python: asked all the time, they would hold up what they ask.
CHECK_AGAIN_SECONDS = 0.7


@dataclass(slots=True)
class Machine:
    """Where services run; `start` takes those of a profile, as `up` does."""

    folder: Path
    # What is changed in the demo's configuration, for a test's sake.
    configured: Callable[[str], str]
    told: Mapping[str, str]  # variables, as from a `.env`
    ports: dict[str, int] = field(
        default_factory=lambda: {port: free_port() for port in PORTS}
    )
    running: dict[str, tuple[Service, Processes]] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def url(self, port: str) -> str:
        """Where a port that a container has can be reached here."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def start(self, profile: str = "") -> set[str]:
        """Start what a profile adds or changes, and wait until all is well."""
        wanted = services(profile, **self.told)
        changed = {
            name for name, (was, _) in self.running.items() if was != wanted[name]
        }
        self.stop(*changed)
        missing = {name for name in wanted if name not in self.running}
        self._until_well(wanted, missing)
        return missing

    def stop(self, *names: str) -> None:
        """Ask all of them to leave, then wait for each."""
        leaving = [self.running.pop(name)[1] for name in names]
        for processes in leaving:
            for process in processes.running.values():
                process.terminate()
        for processes in leaving:
            processes.stop()

    def log(self, name: str) -> str:
        """Return what a service has said."""
        _, processes = self.running[name]
        return processes.log(name).read_text(encoding="utf-8", errors="replace")

    def _until_well(self, wanted: Mapping[str, Service], missing: set[str]) -> None:
        well = set(self.running)
        until = monotonic() + START_SECONDS_MAX
        while not well >= wanted.keys():
            for name in sorted(missing - well):
                if name in self.running:
                    if self._is_well(name):
                        well.add(name)
                elif needs(wanted[name]) & wanted.keys() <= well:
                    self._begin(name, wanted[name])
            assert monotonic() < until, f"not well: {wanted.keys() - well}"
            sleep(CHECK_AGAIN_SECONDS)

    def _begin(self, name: str, service: Service) -> None:
        root = self.folder / name
        root.mkdir(exist_ok=True)
        self._furnish(root, service)
        environment = self.environment(root, service)
        processes = Processes(root, environment)
        self.running[name] = service, processes
        if service["command"] is None:
            assert name == "postgres", name
            self._postgres(root, environment)
        else:
            processes.start(name, [self._here(root, w) for w in service["command"]])

    def _is_well(self, name: str) -> bool:
        """Ask as the engine would; who ends by itself has to end well."""
        service, processes = self.running[name]
        if ends_by_itself(service):
            process = processes.running[name]
            if process.poll() is None:
                return False
            processes.finish(name, 1)
            return True
        processes.check()
        kind, *words = service["healthcheck"]["test"]
        if kind == "CMD-SHELL":
            words = ["sh", "-c", *words]
        root = self.folder / name
        asked = subprocess.run(
            [self._here(root, word) for word in words],
            env=self.environment(root, service),
            cwd=root,
            check=False,
            capture_output=True,
            timeout=CHECK_SECONDS_MAX,
        )
        return asked.returncode == 0

    # ── What an engine would do ─────────────────────────────────────────────────

    def environment(self, root: Path, service: Service) -> dict[str, str]:
        """Fill in what Compose says, over what the image says."""
        ours = image_environment() if "build" in service else {}
        both = ours | service.get("environment", {})
        placed = {name: self._here(root, value) for name, value in both.items()}
        path = f"{BIN}:{POSTGRES_BIN}:{SYSTEM_PATH}"
        return placed | {"PATH": path, "HOME": str(root), "LANG": "C.UTF-8"}

    def _here(self, root: Path, text: str) -> str:
        """Put hosts, ports and paths of a container where they are on this machine."""
        text = HOSTS.sub("127.0.0.1", text).replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - taken away
        for port, ours in self.ports.items():
            text = re.sub(rf"\b{port}\b", str(ours), text)
        return re.sub(r"(?<![\w/])/(?:opt|etc)/", rf"{root}\g<0>", text)

    def _furnish(self, root: Path, service: Service) -> None:
        """Lay out what the image has copied, and what is mounted over it."""
        for source, target in copied() if "build" in service else ():
            _link(root / target.lstrip("/"), ROOT / source)
        for mount in service.get("volumes", ()):
            place = root / mount["target"].lstrip("/")
            if mount["type"] == "volume":
                volume = self.folder / "volumes" / mount["source"]
                volume.mkdir(parents=True, exist_ok=True)
                _link(place, volume)
            elif Path(mount["source"]).is_dir():
                _link(place, Path(mount["source"]))
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                text = Path(mount["source"]).read_text("utf-8")
                place.write_text(self._here(root, self.configured(text)), "utf-8")

    def _postgres(self, root: Path, environment: Mapping[str, str]) -> None:
        """Do what the image does: a server, its password, then the files mounted."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.ports["5432"]),
            "max_connections": "100",  # as the image has it
        }
        uri = self.stack.enter_context(postgres.server(settings))
        home = Path(parse_qs(urlsplit(uri).query)["host"][0])
        hba = home / "data" / "pg_hba.conf"
        hba.write_text(
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n", "utf-8"
        )
        uri = f"{uri}&port={self.ports['5432']}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        for file in sorted((root / "docker-entrypoint-initdb.d").iterdir()):
            subprocess.run(
                [
                    POSTGRES_BIN / "psql",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "--no-psqlrc",
                    "-d",
                    uri,
                    "-f",
                    file,
                ],
                env=dict(environment),
                check=True,
                capture_output=True,
                timeout=CHECK_SECONDS_MAX,
            )


def needs(service: Service) -> set[str]:
    """Return what has to be well, or have ended, before it is started."""
    return set(service.get("depends_on") or ())


def _link(place: Path, target: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        place.symlink_to(target)


@contextmanager
def machine(
    folder: Path, configured: Callable[[str], str], **told: str
) -> Iterator[Machine]:
    """Give a machine on which nothing runs yet; nothing does when the block ends."""
    made = Machine(folder, configured, told)
    with made.stack:
        try:
            yield made
        finally:
            made.stop(*made.running)
