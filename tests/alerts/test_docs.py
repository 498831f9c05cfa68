"""What docs/alerts.md shows is run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "alerts.md").read_text()


def blocks():
    return dict(re.findall(r"```\w+\n(?:# |<!-- )([\w/.]+\.\w+)(?: -->)?\n(.*?)```", TEXT, re.DOTALL))


def test_the_examples_of_the_documentation_work(tmp_path):
    parts = blocks()
    (tmp_path / "tea").mkdir()
    (tmp_path / "tea" / "__init__.py").touch()
    for name in [name for name in parts if name.startswith("tea/")]:
        (tmp_path / name).write_text(parts[name])
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom rooms.models import Room\nfrom tests.conftest import plain_house\n\n"
        "@pytest.fixture\ndef lobby(db):\n    return Room.objects.create(title='Lobby')\n"
    )
    (tmp_path / "tea" / "audience_test.py").write_text(
        "import pytest\nfrom alerts import Role, audiences, notify\nfrom alerts.models import Alert\n"
        "from tea.audiences import TeaRound\n\n"
        "@pytest.mark.django_db\ndef test_an_own_audience():\n"
        "    notify([TeaRound(1), Role('superusers')], 'tea', 'Tea')\n"
        "    assert set(Alert.objects.values_list('audience', flat=True)) == {'tea.1', 'superusers'}\n"
        "    assert 'tea.1' in audiences.of([4])[4]\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}:{ROOT / 'site'}", "PARLOUR_VAR": str(tmp_path / "var")}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = subprocess.run(
        [*command, "tea/tests.py", "tea/audience_test.py"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_the_include_of_the_documentation_is_the_one_that_is_used():
    assert (ROOT / "templates/admin/base_site.html").read_text() == blocks()["templates/admin/base_site.html"]


def test_every_parameter_of_notify_is_told_of():
    import inspect

    from alerts import notify

    known = set(inspect.signature(notify).parameters) - {"change", "but"}
    assert [name for name in known if f"**`{name}`**" not in TEXT and f"{name}=" not in TEXT] == []
