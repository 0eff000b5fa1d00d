"""What `docker compose up` would do, checked without Docker: the files, the build, the start."""

import socket
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.assistant.settings import AssistantSettings
from services.connectors.settings import ConnectorsSettings
from services.gateway.settings import GatewaySettings
from services.local.system import ONLY_FOR
from services.planner.settings import PlannerSettings
from services.runner.settings import RunnerSettings
from shared.service import Settings
from tests.contract.dockerfile_replay import Built, Replay

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
SETTINGS: dict[str, type[Settings]] = {
    "gateway": GatewaySettings,
    "planner": PlannerSettings,
    "runner": RunnerSettings,
    "connectors": ConnectorsSettings,
    "assistant": AssistantSettings,
}
SERVICES = list(SETTINGS)
OF_THE_IMAGE = {"WEFT_HOST", "WEFT_PORT", "WEFT_HEALTH_HOST", "WEFT_HEALTH_PORT"}
PARTS = ["rabbitmq", "mongo", "otel-collector", "jaeger", "prometheus"]
HEALTHY = {"condition": "service_healthy"}
IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file with its anchors merged."""
    return yaml.safe_load(COMPOSE.read_text())


@pytest.fixture(scope="module", params=SERVICES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One service's image as a folder, with nothing but its own dependency group."""
    return Replay(ROOT, tmp_path_factory.mktemp("image"), request.param).build()


def checked_against_the_specification(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_specification() -> None:
    result = checked_against_the_specification(COMPOSE)
    assert result.returncode == 0, result.stdout


def test_a_misspelt_compose_key_would_be_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:"))
    result = checked_against_the_specification(broken)
    assert result.returncode == 1
    assert "'healthchek' was unexpected" in result.stdout


def test_the_compose_file_starts_all_services_and_parts(compose: dict[str, Any]) -> None:
    assert sorted(compose["services"]) == sorted(SERVICES + PARTS)
    assert compose["services"]["rabbitmq"]["image"].startswith("rabbitmq:4")
    assert compose["services"]["mongo"]["image"].startswith("mongo:8")
    assert "--replSet" in compose["services"]["mongo"]["command"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_once_broker_and_store_are_healthy(compose: dict[str, Any], service: str) -> None:
    waits_for = compose["services"][service]["depends_on"]
    assert waits_for["rabbitmq"] == HEALTHY
    assert waits_for["mongo"] == HEALTHY


def test_whoever_is_waited_for_until_healthy_has_a_health_check(compose: dict[str, Any]) -> None:
    parts = compose["services"].values()
    awaited = {name for part in parts for name, how in part.get("depends_on", {}).items() if how == HEALTHY}
    checked = {name for name, part in compose["services"].items() if "healthcheck" in part} | set(SERVICES)
    assert awaited <= checked


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_with_as_few_rights_as_it_needs(compose: dict[str, Any], service: str) -> None:
    container = compose["services"][service]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["restart"] == "unless-stopped"
    assert container["build"]["args"] == {"SERVICE": service}


def secrets_of(service: str) -> set[str]:
    """The settings of a service that nobody may see, by their names in the environment."""
    fields = SETTINGS[service].model_fields.items()
    return {f"WEFT_{name.upper()}" for name, field in fields if "SecretStr" in str(field.annotation)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_can_be_given_to_its_container(
    compose: dict[str, Any], service: str
) -> None:
    fields = SETTINGS[service].model_fields.items()
    known = {str(field.validation_alias or f"WEFT_{name.upper()}") for name, field in fields}
    given = set(compose["services"][service]["environment"])
    assert given == known - OF_THE_IMAGE


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_go_to_the_service_that_needs_them_and_no_other(
    compose: dict[str, Any], service: str
) -> None:
    for own in secrets_of(service):
        holders = [name for name in SERVICES if own in compose["services"][name]["environment"]]
        assert (own, holders) == (own, [service])
        assert ONLY_FOR[own] == service


def test_secrets_without_which_nothing_is_safe_must_be_given(compose: dict[str, Any]) -> None:
    gateway = compose["services"]["gateway"]["environment"]
    broker = compose["services"]["rabbitmq"]["environment"]["RABBITMQ_DEFAULT_PASS"]
    secrets = [gateway["WEFT_API_KEY"], gateway["WEFT_SECRET"], broker]
    assert all(":?" in secret for secret in secrets), "no default: compose refuses to start without it"


def test_every_published_port_is_on_the_loopback_interface(compose: dict[str, Any]) -> None:
    ports = [port for part in compose["services"].values() for port in part.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_those_who_must_reach_the_outside_can(compose: dict[str, Any]) -> None:
    outside = {name for name, part in compose["services"].items() if "outside" in part["networks"]}
    assert outside == {"gateway", "connectors", "jaeger", "prometheus"}
    assert compose["networks"]["inside"] == {"internal": True}


def test_every_mounted_file_is_there(compose: dict[str, Any]) -> None:
    volumes = [volume for part in compose["services"].values() for volume in part.get("volumes", [])]
    files = [volume.partition(":")[0] for volume in volumes if volume.startswith(".")]
    assert files
    assert all((ROOT / file).is_file() for file in files)


def test_prometheus_watches_every_service() -> None:
    scrape = yaml.safe_load((ROOT / "deploy/prometheus.yaml").read_text())["scrape_configs"][0]
    hosts = [target.partition(":")[0] for target in scrape["static_configs"][0]["targets"]]
    assert hosts == SERVICES


def test_the_collector_hands_traces_to_jaeger() -> None:
    config = yaml.safe_load((ROOT / "deploy/otel-collector.yaml").read_text())
    traces = config["service"]["pipelines"]["traces"]
    for part in ("receivers", "processors", "exporters"):
        assert set(traces[part]) <= set(config[part])
    assert config["exporters"][traces["exporters"][0]]["endpoint"] == "jaeger:4317"


def test_the_dockerfile_has_no_fault_that_a_linter_knows() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", [".env", ".git/config", ".weft/api_key", "tests", ".venv/pyvenv.cfg"])
def test_nothing_private_gets_into_the_build_context(path: str) -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in rules
    assert not any(fnmatch(path.split("/")[0], rule[1:]) for rule in rules if rule.startswith("!"))


def test_an_image_holds_one_service(built: Built) -> None:
    app = built.stage.path("/app")
    folders = sorted(path.name for path in (app / "services").iterdir())
    assert folders == sorted(["__init__.py", built.stage.environment["SERVICE"]])
    assert sorted(path.name for path in app.iterdir()) == [".venv", "services", "shared"]


def test_a_service_needs_only_its_own_dependency_group(built: Built) -> None:
    module = f"services.{built.stage.environment['SERVICE']}.__main__"
    result = subprocess.run(
        [built.stage.path(".venv/bin/python"), "-c", IMPORT, module],
        cwd=built.stage.path("."), env=built.stage.variables(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_a_container_comes_up_healthy_and_ends_when_told_to(built: Built) -> None:
    variables = {**built.stage.variables(), **nothing_to_talk_to()}
    quiet = subprocess.DEVNULL
    folder = built.stage.path(".")
    with subprocess.Popen(built.entrypoint, cwd=folder, env=variables, stdout=quiet, stderr=quiet) as it:
        try:
            while subprocess.run(built.health_check, env=variables, stderr=quiet, check=False).returncode:
                assert it.poll() is None, "it ended by itself"
        finally:
            it.terminate()
        assert it.wait() == 0


def nothing_to_talk_to() -> dict[str, str]:
    """Settings of a container whose broker and store are not there yet, on a free loopback port."""
    port = str(_free_port())
    return {
        "WEFT_HOST": "127.0.0.1", "WEFT_PORT": port,
        "WEFT_HEALTH_HOST": "127.0.0.1", "WEFT_HEALTH_PORT": port,
        "WEFT_API_KEY": "a-key-for-this-test", "WEFT_SECRET": "s" * 32, "WEFT_DRAIN_S": "1",
        "WEFT_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{_free_port()}/",
        "WEFT_MONGO_URL": f"mongodb://127.0.0.1:{_free_port()}/weft",
    }  # fmt: skip


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
