"""The image and the compose file fit the code, as far as that shows without an engine."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.conf import settings

from callportal.management.commands import run

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if "build" in one]
DOCKERFILE = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
ENTRYPOINT = (DOCKER / "entrypoint.sh").read_text().replace("\\\n", " ")
NGINX = (DOCKER / "nginx.conf").read_text()


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of this name, over all stages."""
    return re.findall(rf"^ *{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def known_settings() -> set[str]:
    source = (ROOT / "callportal" / "settings.py").read_text()
    return set(re.findall(r'given\.\w+\(\s*"([A-Z_]+)"', source))


def roles() -> set[str]:
    return set(re.findall(r"^    (\w+)\)$", ENTRYPOINT, re.MULTILINE))


def role(name: str) -> str:
    """What the entrypoint does for a role."""
    found = re.search(rf"^    {name}\)\n(.*?);;", ENTRYPOINT, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("service", OURS)
def test_a_service_plays_a_role_of_the_entrypoint(service: str) -> None:
    one = SERVICES[service]

    words = [*one.get("entrypoint", [])[1:], *one["command"]]

    assert words[0] in roles()


def test_all_roles_are_played() -> None:
    assert roles() == {"web", "worker", "courier", "scheduler", "migrate", "manage"} == set(OURS)


@pytest.mark.parametrize("service", OURS)
def test_a_service_is_given_settings_that_the_portal_knows(service: str) -> None:
    given = {name.removesuffix("_FILE") for name in SERVICES[service]["environment"]}

    assert given <= known_settings()
    assert {"PUBLIC_URL", "SECRET_KEY", "CREDENTIALS_KEY", "DATABASE_URL", "REDIS_URL"} <= given


def test_no_secret_stands_in_the_environment() -> None:
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert not re.search(r"(KEY|PASSWORD|DATABASE_URL)$", name)


def test_secrets_and_volumes_that_services_use_are_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        for name, path in service.get("environment", {}).items():
            if name.endswith("_FILE"):
                assert path.removeprefix("/run/secrets/") in service["secrets"]
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if not source.startswith("."):
                assert source in COMPOSE["volumes"]


def test_what_may_be_set_is_in_the_example() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    example = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE))

    assert set(re.findall(r"\$\{([A-Z_]+)", text)) - {"TAG"} == example <= known_settings()


def test_nothing_starts_before_the_database_is_up_to_date() -> None:
    for name in ("web", "worker", "courier", "scheduler"):
        waits_for = SERVICES[name]["depends_on"]
        assert waits_for["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_servers_have_health_checks() -> None:
    for name in ("postgres", "redis", "proxy", "worker", "courier"):
        assert SERVICES[name]["healthcheck"]["test"]
    assert "healthcheck" not in SERVICES["web"]  # the image's own


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if one.get("ports")] == ["proxy"]


def test_what_the_dockerfile_copies_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    for words in instructions("COPY"):
        if words.startswith("--from"):
            continue
        for source in words.split()[:-1]:
            assert (ROOT / source).exists()
            assert f"!{source}" in ignored


def test_the_image_holds_every_package_of_the_project() -> None:
    copied = {words.split()[0] for words in instructions("COPY")}

    assert {path.parent.name for path in ROOT.glob("*/apps.py")} <= copied
    assert {"manage.py", "templates", "static", "locale", "requirements.lock"} <= copied


def test_the_image_runs_as_an_ordinary_user() -> None:
    user = instructions("USER")[-1]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert DOCKERFILE.rindex("USER ") < DOCKERFILE.rindex("ENTRYPOINT")


def test_the_packages_of_the_image_are_pinned_with_hashes() -> None:
    installs = [line for line in instructions("RUN") if "pip install" in line]

    assert installs
    assert all("--require-hashes" in line and "requirements.lock" in line for line in installs)


def test_the_image_asks_itself_whether_it_can_keep_pushes() -> None:
    (check,) = instructions("HEALTHCHECK")
    program = json.loads(check.partition("CMD")[2])

    assert program[:2] == ["python", "-c"]
    assert "/readyz" in program[2]
    compile(program[2], "HEALTHCHECK", "exec")


def test_the_build_makes_no_real_secret() -> None:
    (collect,) = [line for line in instructions("RUN") if "collectstatic" in line]
    given = dict(word.split("=", 1) for word in shlex.split(collect) if re.match(r"[A-Z_]+=", word))

    assert {"SECRET_KEY", "CREDENTIALS_KEY", "DATA_DIR"} <= set(given)
    Fernet(given["CREDENTIALS_KEY"])
    assert given["CREDENTIALS_KEY"] == "A" * 43 + "="


@pytest.mark.parametrize("name", run._commands())
def test_a_role_becomes_what_the_supervisor_starts(name: str) -> None:
    assert role(name).strip().endswith(f"exec python manage.py run --only {name}")


def test_the_entrypoint_is_a_shell_script_that_can_be_run() -> None:
    for name in ("entrypoint.sh", "make-secrets.sh"):
        script = DOCKER / name
        assert script.stat().st_mode & 0o111
        subprocess.run(["/bin/sh", "-n", str(script)], check=True)  # noqa: S603 - our own script


def test_the_entrypoint_refuses_a_role_that_it_does_not_know() -> None:
    script = str(DOCKER / "entrypoint.sh")

    refused = subprocess.run(  # noqa: S603 - our own script
        [script, "nonsense"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )

    assert refused.returncode == 64
    assert 'got "nonsense"' in refused.stderr


def test_secrets_are_made_once_and_are_usable(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((DOCKER / "make-secrets.sh").read_bytes())
    made = []
    for _ in range(2):
        subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)  # noqa: S603
        made.append({one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()})

    assert made[0] == made[1]
    assert set(made[0]) == set(COMPOSE["secrets"])
    Fernet(made[0]["credentials_key"])
    assert made[0]["postgres_password"] in made[0]["database_url"]
    assert len(made[0]["secret_key"]) >= 50
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_proxy_takes_a_little_more_than_the_portal() -> None:
    found = re.search(r"client_max_body_size (\d+)k;", NGINX)

    assert found
    assert settings.PUSH_LARGEST < int(found[1]) * 1024 < 2 * settings.PUSH_LARGEST


def test_the_proxy_says_success_nowhere() -> None:
    said = [line for line in NGINX.splitlines() if not line.lstrip().startswith("#")]

    assert "success" not in "\n".join(said).lower()


def test_the_proxy_keeps_tokens_out_of_its_logs() -> None:
    (line,) = re.findall(r"log_format line (.*?);", NGINX, re.DOTALL)
    hooks = NGINX[NGINX.index("proxy_next_upstream") :]

    assert not re.search(r"\$request\b|\$request_uri|\$uri\b|\$args|\$http_referer", line)
    assert "error_log stderr crit;" in hooks
    assert "access_log /dev/stdout line;" in NGINX
