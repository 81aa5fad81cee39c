"""docker-compose.yml: Compose takes it, and it keeps the house rules."""

import re
import tomllib
from base64 import urlsafe_b64decode

import pytest

from capi_jobs.config import load
from tests.compose.reading import (
    PROFILES,
    ROOT,
    Service,
    compose,
    copied,
    ends_by_itself,
    image_environment,
    services,
)

TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
ENVIRONMENTS = [*ROOT.glob("docker/*.env")]
DEMO = "demo-only"
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH$|FERNET|URL|CONN")
# Services that need the profile, and nothing else of the file does.
OF_CELERY = {"redis", "airflow-worker-1", "airflow-worker-2"}
ALL = services("celery")


@pytest.mark.parametrize("profile", PROFILES, ids=["local", "celery"])
def test_compose_takes_it(profile: str) -> None:
    said = compose("config", "--quiet", COMPOSE_PROFILES=profile)

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_a_profile_that_is_not_there_is_refused() -> None:
    said = compose("config", "--quiet", COMPOSE_PROFILES="kubernetes")

    assert said.returncode != 0
    assert "docker/kubernetes.env not found" in said.stderr


def test_the_profile_adds_redis_and_two_workers_and_changes_the_executor() -> None:
    assert set(ALL) - set(services()) == OF_CELERY
    executors = {
        profile: {
            service["environment"]["AIRFLOW__CORE__EXECUTOR"]
            for name, service in services(profile).items()
            if name.startswith("airflow-")
        }
        for profile in PROFILES
    }
    assert executors == {"": {"LocalExecutor"}, "celery": {"CeleryExecutor"}}


@pytest.mark.parametrize("name", ALL)
def test_images_are_pinned_to_a_full_version(name: str) -> None:
    image, _, tag = ALL[name]["image"].partition(":")

    assert re.fullmatch(r"[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z]+)?", tag), f"{image}:{tag}"


def test_our_image_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ours = {s["image"] for s in ALL.values() if "build" in s}

    assert ours == {f"capi-jobs:{project['version']}"}


@pytest.mark.parametrize("name", ALL)
def test_a_service_that_stays_says_whether_it_is_well_and_comes_back(name: str) -> None:
    service = ALL[name]
    if ends_by_itself(service):
        assert service["restart"] == "on-failure:3"
    else:
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ALL)
def test_who_is_waited_for_is_well_or_has_ended(name: str) -> None:
    """`service_started` would be a race."""
    for other, wait in ALL[name].get("depends_on", {}).items():
        ends = ends_by_itself(ALL[other])
        expected = "service_completed_successfully" if ends else "service_healthy"
        assert wait["condition"] == expected, other


def test_ports_are_open_on_loopback_only() -> None:
    ports = [port for service in ALL.values() for port in service.get("ports", ())]

    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert {port["published"] for port in ports} == {"8080", "8765"}


@pytest.mark.parametrize("name", [name for name in ALL if "build" in ALL[name]])
def test_our_containers_may_do_no_more_than_any_user(name: str) -> None:
    service = ALL[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


# ── Secrets ─────────────────────────────────────────────────────────────────────


def secrets(service: Service) -> dict[str, str]:
    return {
        name: value
        for name, value in service.get("environment", {}).items()
        if SECRET.search(name)
    }


def test_every_password_has_a_variable_of_its_own_and_a_default_that_says_demo() -> (
    None
):
    texts = [TEXT, *(path.read_text("utf-8") for path in ENVIRONMENTS)]
    defaults = dict(
        re.findall(r"\$\{([A-Z_]+):-([^}]+)\}", "\n".join(texts)),
    )
    known = {name: value for name, value in defaults.items() if SECRET.search(name)}
    known["AIRFLOW_FERNET_KEY"] = urlsafe_b64decode(
        defaults["AIRFLOW_FERNET_KEY"]
    ).decode()

    assert [name for name in known if not known[name].startswith(DEMO)] == []
    assert len(known) == 11


def test_the_example_of_an_env_file_names_every_variable_with_its_default() -> None:
    texts = [TEXT, *(path.read_text("utf-8") for path in ENVIRONMENTS)]
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", "\n".join(texts)))
    example = (ROOT / ".env.example").read_text("utf-8")
    told = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))

    assert told == defaults | {"COMPOSE_PROFILES": ""}


def test_no_secret_is_left_when_every_variable_is_set() -> None:
    """A password that stood in the file itself would still say so."""
    example = (ROOT / ".env.example").read_text("utf-8")
    names = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)
    said = compose(
        "config", **dict.fromkeys(names, "mine") | {"COMPOSE_PROFILES": "celery"}
    )

    assert said.returncode == 0, said.stderr
    assert DEMO not in said.stdout
    assert "ZGVtby1vbmx5" not in said.stdout


@pytest.mark.parametrize("name", ALL)
def test_no_secret_is_an_argument_of_a_command(name: str) -> None:
    """Every process of a machine can read those of the others."""
    words = str(ALL[name].get("command")) + str(ALL[name].get("healthcheck"))

    assert DEMO not in words


def test_only_the_owner_of_the_shop_may_write_it() -> None:
    urls = {
        name: secrets(service).get("CAPI_SHOP_URL") for name, service in ALL.items()
    }

    assert {name for name, url in urls.items() if url} == {"shop"}


# ── The image, the configuration ────────────────────────────────────────────────


def test_paths_in_the_image_are_those_that_the_dockerfile_copies() -> None:
    targets = {target for _, target in copied()}
    named = set(re.findall(r"/opt/capi_jobs/[\w./]+", TEXT))
    named.add(image_environment()["AIRFLOW__CORE__DAGS_FOLDER"])
    named.add(f"{image_environment()['AIRFLOW_HOME']}/plugins/warm.py")

    assert named == targets


def test_airflow_keeps_what_it_writes_in_volumes_for_all() -> None:
    mounts = {
        name: {volume["target"] for volume in service["volumes"]}
        for name, service in ALL.items()
        if name.startswith("airflow-")
    }

    assert {
        n for n, targets in mounts.items() if "/opt/airflow/logs" not in targets
    } == set()
    assert {n for n, targets in mounts.items() if "/opt/airflow/logins" in targets} == {
        "airflow-migrate",
        "airflow-apiserver",
    }


def test_the_demo_configuration_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what the services are told; every destination is the sandbox."""
    for name, value in ALL["airflow-scheduler"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load(ROOT / "docker" / "capi_jobs.toml")
    users = dict(
        user.split(":")
        for user in ALL["airflow-apiserver"]["environment"][
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
        ].split(",")
    )

    assert {d.base_url for d in settings.destinations} == {"http://sandbox:8765"}
    assert {d.platform for d in settings.destinations} == {"meta", "tiktok", "snapchat"}
    assert set(settings.airflow.data_owners) <= set(users)


def test_everyone_who_may_log_in_gets_a_password() -> None:
    users = ALL["airflow-apiserver"]["environment"][
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
    ]
    names = " ".join(user.partition(":")[0] for user in users.split(","))

    assert f"for user in {names}; do" in ALL["airflow-migrate"]["command"][-1]


def test_services_stand_in_the_order_in_which_they_start() -> None:
    """Whoever reads from the top knows what each one waits for."""
    listed = TEXT.partition("\nservices:")[2].partition("\nvolumes:")[0]
    order = re.findall(r"^  ([a-z0-9-]+):", listed, re.MULTILINE)
    assert set(order) == set(ALL)

    for number, name in enumerate(order):
        waits = {
            other
            for other, wait in ALL[name].get("depends_on", {}).items()
            if wait["required"]
        }
        assert waits <= set(order[:number]), name


def test_the_docs_tell_of_every_service_where_it_is_and_what_it_waits_for() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    table = page.partition("## What each service does")[2].partition("\n\nEach")[0]
    rows = re.findall(
        r"^\| `([\w-]+)` \|.*\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE
    )

    told = {
        name: (at, set(re.findall(r"`([\w-]+)`", needs))) for name, at, needs in rows
    }
    assert told == {
        name: (
            " ".join(f"{p['host_ip']}:{p['published']}" for p in service["ports"])
            if service.get("ports")
            else "–",
            set(service.get("depends_on", {})),
        )
        for name, service in ALL.items()
    }
