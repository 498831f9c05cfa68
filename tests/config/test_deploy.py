"""The files of a deployment: they agree with each other and with the settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
services = compose["services"]


def test_nginx_gets_each_variable_of_its_template_and_no_other():
    names = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "nginx.conf").read_text()))
    assert names == set(services["nginx"]["environment"])
    guide = (ROOT / "docs" / "hosting.md").read_text()
    assert names == set(
        re.findall(r"^(\w+)=", guide.partition("cat > /etc/parlour/nginx")[2].partition("END\n")[0], re.M)
    )


@pytest.mark.parametrize("name", services)
def test_a_container_can_change_nothing_but_its_volumes_and_ends_in_time(name):
    service = services[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == ("5s" if name == "nginx" else "30s")
    assert service["restart"] == ("no" if name in ("migrate", "backup") else "unless-stopped")
    assert bool(service.get("ports")) == (name == "nginx")
    assert name in ("nginx", "web-1", "web-2", "worker") or service["networks"] == ["back"]
    words = " ".join(map(str, [*service["command"], *service.get("environment", {}).values()]))
    assert not re.search(r"password\s*[^$_\s]*=|://[^/@]*:[^/@]*@", words), "a secret stands in a file of its own"


def test_what_is_private_gets_into_no_image_and_no_commit():
    private = {"secrets", "tls", "backups"}
    assert private <= {
        line.removeprefix("deploy/") for line in (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    }
    assert private <= set(re.findall(r"/deploy/(\w+)/", (ROOT / ".gitignore").read_text()))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_accepts_the_units_and_finds_little_exposed(tmp_path):
    shutil.copytree(UNITS, tmp_path / "units")
    units = sorted(path for path in (tmp_path / "units").glob("parlour-*") if path.is_file())
    for unit in units:
        unit.write_text(re.sub(r"/srv/parlour/\S+", "/bin/true", unit.read_text()))
    env = {"SYSTEMD_UNIT_PATH": f"{tmp_path / 'units'}:", "PATH": "/usr/bin:/bin"}

    def analyze(*words):
        return subprocess.run(["systemd-analyze", *words], env=env, capture_output=True, text=True, timeout=60)

    done = analyze("verify", *(str(unit).replace("@.", "@8001.") for unit in units))
    assert (done.returncode, done.stderr) == (0, "")
    done = analyze("security", "--offline=yes", "--threshold=20", str(tmp_path / "units" / "parlour-web@.service"))
    assert done.returncode == 0, done.stdout


def sh(command, tmp_path, **env):
    env = {"PATH": "/usr/bin:/bin", **env}
    return subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)


def test_a_backup_without_the_folder_of_uploads_is_refused(tmp_path):
    env = {"DATABASE_URL": "postgres:///nowhere", "PARLOUR_VAR": str(tmp_path / "wrong")}
    done = sh(f"{DEPLOY}/backup .", tmp_path, **env)
    assert done.returncode == 1
    assert done.stderr.startswith(f"There is no folder {tmp_path}/wrong/uploads")
    assert not list(tmp_path.iterdir())


def test_the_scripts_read_the_databases_address_from_a_file_which_no_longer_overrides_the_variable(tmp_path):
    (tmp_path / "url").write_text("postgres:///parlour\n")
    command = f". {DEPLOY}/database.sh; env | grep ^DATABASE_ | sort"
    done = sh(command, tmp_path, DATABASE_URL_FILE=str(tmp_path / "url"))
    assert done.stdout == "DATABASE_PASSWORD=\nDATABASE_URL=postgres:///parlour\n"


def test_no_command_of_the_scripts_is_given_the_password_that_stands_in_the_databases_address(tmp_path):
    command = f'. {DEPLOY}/database.sh; echo "$DATABASE_URL $DATABASE_PASSWORD"; env | grep ^PGPASSWORD'
    done = sh(command, tmp_path, DATABASE_URL="postgres://ann:a%2Fb%20c@db:5/parlour?sslmode=require")
    assert done.stdout == "postgres://ann@db:5/parlour?sslmode=require a/b c\nPGPASSWORD=a/b c\n"
