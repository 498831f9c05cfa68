"""What docs/alerts.md shows is run as it stands there."""

import inspect

import pytest

from alerts import notify
from tests.examples import ROOT, passes, shown, write

TEXT = (ROOT / "docs" / "alerts.md").read_text()
SHOWN = shown("alerts.md")


@pytest.mark.faults
def test_the_examples_of_the_documentation_work(tmp_path):
    write(tmp_path, {name: text for name, text in SHOWN.items() if name.startswith("tea/")} | {"tea/__init__.py": ""})
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom rooms.models import Room\n\n"
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
    told = passes(
        tmp_path, "tea/tests.py", "tea/audience_test.py", settings="config.settings", beside=[ROOT, ROOT / "site"]
    )
    assert "5 passed" in told


def test_the_include_of_the_documentation_is_the_one_that_is_used():
    assert (ROOT / "templates/admin/base_site.html").read_text() == SHOWN["templates/admin/base_site.html"]


def test_every_parameter_of_notify_is_told_of():
    known = set(inspect.signature(notify).parameters) - {"change", "but", "read_by"}
    assert [name for name in known if f"**`{name}`**" not in TEXT and f"{name}=" not in TEXT] == []
