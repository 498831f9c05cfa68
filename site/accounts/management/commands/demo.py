"""manage.py demo: the people and the rooms of the demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from accounts import demo


class Command(BaseCommand):
    """Loads what is missing of the demo and prints the logins; raises CommandError outside a demo."""

    help = "Loads the demo's people and rooms, as `make run` does, and prints the logins."

    def handle(self, *args: Any, **options: Any) -> None:
        """Passwords are public on loopback, random and printed once where others can reach the site."""
        if not settings.DEMO:
            raise CommandError("The demo is loaded by `make run` alone (DEMO=1), and never with HTTPS=1.")
        told = demo.make_people(public=settings.LOCAL)
        for part in settings.DEMO_PARTS:
            import_string(part)()
        for username in demo.PEOPLE:
            self.stdout.write(f"{username} / {told.get(username, '(the password printed at the first start)')}")
