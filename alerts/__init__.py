"""Alerts for people, roles and groups: `from alerts import notify, Role`. See `docs/alerts.md`.

These names are the public API; other apps import nothing else of this one but `alerts.models`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.audiences import Role as Role
    from alerts.audiences import audience_source as audience_source
    from alerts.audiences import role as role
    from alerts.mail import mail_problem as mail_problem
    from alerts.mail import send_due_mail as send_due_mail
    from alerts.models import Kind as Kind
    from alerts.notifications import add_alert as add_alert
    from alerts.notifications import anotify as anotify
    from alerts.notifications import delete_alerts as delete_alerts
    from alerts.notifications import notify as notify
    from alerts.notifications import resolve as resolve
    from alerts.notifications import reword_alerts as reword_alerts
    from alerts.streams import add_to_bell as add_to_bell

_MODULES = {
    "Kind": "alerts.models",  # a kind of alerts: its label, and how many of it read as one line
    "Role": "alerts.audiences",  # everybody with a role, such as Role("staff")
    "add_alert": "alerts.notifications",  # notify, as part of a live_write of one's own
    "add_to_bell": "alerts.streams",  # show a stream of another app in every bell
    "anotify": "alerts.notifications",  # notify, in asynchronous code
    "audience_source": "alerts.audiences",  # decorator: who belongs to which audiences
    "delete_alerts": "alerts.notifications",  # delete rows, counts stay right
    "mail_problem": "alerts.mail",  # why this process cannot send mail
    "notify": "alerts.notifications",  # alert somebody
    "resolve": "alerts.notifications",  # what an alert was about is done
    "reword_alerts": "alerts.notifications",  # what an alert was about says something else now
    "role": "alerts.audiences",  # decorator: who has a role
    "send_due_mail": "alerts.mail",  # send the alerts that are due by mail
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'alerts' has no attribute '{name}'")
