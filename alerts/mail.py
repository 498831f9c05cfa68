"""Alerts by mail, sent by the processes that run jobs.

What is due follows from the rows, for all people in as many queries as for one. An alert is marked as mailed before it
is sent, by a statement that one process alone succeeds with, and the mark is taken back if the mail server refuses. So
nobody gets it twice; a process that dies while it sends has lost that mail, and the alert waits in the bell.
"""

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import Error, connection, connections, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from alerts import audiences
from alerts.addresses import absolute, mail_field, signed_query
from alerts.bell import Line
from alerts.models import Alert, Kind, Mark, Preference, quiet

log = logging.getLogger("parlour")
EVERY, LONGEST = 10.0, 3600.0  # seconds from one look of this process to the next; they double with each that fails
SOON = timedelta(seconds=20)  # what is read on a page meanwhile needs no mail
DIGEST = timedelta(hours=4)  # from the first unread alert to the digest
FRESH = timedelta(days=7)  # older alerts are not mailed any more
MOST, SPAN = 10, timedelta(hours=1)  # mails to one person in that time; what is due beyond them goes together later
TIMEOUT = 30  # seconds for an answer of the mail server, without EMAIL_TIMEOUT
FOR_GOOD = 500  # an SMTP code: this and those above it will not change
CLAIM = """
INSERT INTO parlour_alerts_mark (alert_id, person_id, mailed)
SELECT id, %s, %s FROM parlour_alerts_alert WHERE resolved IS NULL AND id IN ({})
ON CONFLICT (alert_id, person_id) DO UPDATE SET mailed = excluded.mailed WHERE parlour_alerts_mark.mailed IS NULL
AND parlour_alerts_mark.read IS NULL AND parlour_alerts_mark.archived IS NULL RETURNING alert_id"""

_sending = threading.Lock()
_wait, _next_look = EVERY, 0.0
_problem = ""


def send_due_mail(**_: Any) -> None:
    """Send what is due, from a thread. To be called often by processes that run jobs."""
    global _next_look
    if time.monotonic() >= _next_look and mail_field() and _sending.acquire(blocking=False):
        _next_look = time.monotonic() + EVERY
        threading.Thread(target=_serve, name="alerts-mail").start()  # no daemon: a mail that is begun is sent


def mail_problem() -> str:
    """Why this process cannot send mail; "" while it can."""
    return _problem


def _serve() -> None:
    global _wait, _next_look, _problem
    try:
        send_all()
        if _problem:
            log.warning("mail goes out again")
        _wait, _problem = EVERY, ""
    except Error:
        log.exception("it could not be looked up which alerts are due by mail; the next look tries again")
    except Exception as error:
        if not _problem:
            log.warning("mail does not go out (%r); it is tried again", error)
        _problem = f"{type(error).__name__}: {error}"[:200]
        _wait = min(2 * _wait, LONGEST)
        _next_look = time.monotonic() + _wait
    finally:
        connections.close_all()
        _sending.release()


def send_all() -> None:
    """Send what is due. Raises the first failure of the mail server; what was not sent stays due."""
    waiting = due()
    random.shuffle(waiting)  # whose mail fails again and again holds up nobody for long
    if waiting:
        with get_connection(timeout=settings.EMAIL_TIMEOUT or TIMEOUT) as server:
            for someone, _ in waiting:  # many take minutes, in which rights end and people choose otherwise
                for person, alerts in due(someone.pk) if threading.main_thread().is_alive() else ():
                    send(person, alerts, server)


def due(*people: Any) -> list[tuple[Any, list[Alert]]]:
    """Who of these people (primary keys), or of all, is to be sent which alerts now. Eight queries for all."""
    now, chosen = timezone.now(), defaultdict[Any, dict[str, Any]](dict)
    reached = {"person__is_active": True, f"person__{mail_field()}__contains": "@"}
    wanted: Any = Preference.objects.exclude(mail="").filter(mail_since__lt=now, **reached)
    wanted = wanted.filter(person__in=people) if people else wanted
    for preference in wanted.values_list("person", "kind", "mail", "mail_since", named=True):
        chosen[preference.person][preference.kind] = preference
    waiting = _unread(chosen, now)
    pks = {}
    for person in waiting.keys() - quiet(waiting.keys()) - _sent_many(waiting.keys(), now):
        pairs = [(alert, chosen[person][alert.kind].mail == Preference.Mail.NOW) for alert in waiting[person]]
        ends = any(alert.at <= now - DIGEST for alert, at_once in pairs if not at_once)
        if mailed := [alert.pk for alert, at_once in pairs if at_once or ends]:
            pks[person] = mailed
    found = get_user_model()._default_manager.in_bulk(pks)
    alerts = Alert.objects.select_related("actor").in_bulk({pk for each in pks.values() for pk in each})
    return [(found[person], [alerts[pk] for pk in pks[person] if pk in alerts]) for person in pks if person in found]


def _sent_many(people: Collection[Any], now: datetime) -> set[Any]:
    """Those of these people (primary keys) who got so many mails that the next one waits."""
    sent = Mark.objects.filter(person__in=people, mailed__gt=now - SPAN).values("person")
    many = sent.annotate(mails=Count("mailed", distinct=True)).filter(mails__gte=MOST)
    return set(many.values_list("person", flat=True))


def _unread(chosen: dict[Any, dict[str, Any]], now: datetime) -> dict[Any, list[Any]]:
    """Alerts of kinds that people chose to get by mail, by person: unread, not mailed, and of no act of theirs."""
    readers = defaultdict[str, list[Any]](list)
    for person, names in (audiences.of(list(chosen)) if chosen else {}).items():
        for name in names:
            readers[name].append(person)
    done = Mark.objects.filter(Q(mailed__isnull=False) | Q(read__isnull=False) | Q(archived__isnull=False))
    alone = Q(Exists(done.filter(alert=OuterRef("pk"))), audience__startswith="user.")
    fresh = Alert.objects.open().filter(at__gt=now - FRESH, at__lte=now - SOON, audience__in=readers).exclude(alone)
    kinds = {kind for each in chosen.values() for kind in each}
    wanted: Any = fresh.filter(kind__in=kinds).values_list("pk", "audience", "kind", "at", "actor", named=True)
    alerts = list(wanted)
    marked = done.filter(person__in=chosen, alert__in=[alert.pk for alert in alerts])
    known = set(marked.values_list("person", "alert"))
    waiting = defaultdict[Any, list[Any]](list)
    for alert in alerts:
        for person in readers[alert.audience]:
            preference = chosen[person].get(alert.kind)
            new = preference and alert.at > preference.mail_since and (person, alert.pk) not in known
            if new and alert.actor != person:
                waiting[person].append(alert)
    return waiting


def send(person: Any, alerts: Collection[Alert], server: Any) -> None:
    """Send those of the alerts that are still unread and that no other process has taken."""
    global _wait
    now = timezone.now()
    taken = claim(person, [alert.pk for alert in alerts], now)
    if not taken:
        return
    try:
        server.send_messages([message(person, [alert for alert in alerts if alert.pk in taken])])
        _wait = EVERY
    except Exception as error:
        if isinstance(error, SMTPRecipientsRefused) and min(code for code, _ in error.recipients.values()) >= FOR_GOOD:
            log.warning("the mail server takes nothing for person %s (%r)", person.pk, error)
            return
        Mark.objects.filter(person=person, alert__in=taken, mailed=now).update(mailed=None)
        raise


def claim(person: Any, pks: Collection[int], now: datetime) -> set[int]:
    """Mark these alerts as mailed to this person. Returns those that were neither mailed before nor read."""
    stored = person._meta.pk.get_db_prep_value(person.pk, connection)
    with transaction.atomic(), connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(CLAIM.format(", ".join(["%s"] * len(pks))), [stored, at, *pks])
        return {pk for (pk,) in cursor.fetchall()}


def message(person: Any, alerts: Collection[Alert]) -> EmailMultiAlternatives:
    """The mail that tells a person of these alerts, in the `language` that the person has, if any."""
    chosen, leave = absolute("preferences"), absolute("unsubscribe") + signed_query("unsubscribe", person.pk)
    with translation.override(getattr(person, "language", "") or settings.LANGUAGE_CODE):
        told = [(line.title, line.detail, absolute("follow", line.alert.pk)) for line in _lines(alerts)]
        subject = Kind("mail", "").title_of(len(told), " ".join(told[0][0].split()))  # "Tea is ready, and 2 more"
        words = ["\n".join(filter(None, each)) for each in told]
        words += [f"-- \n{gettext('Which alerts come by mail')}: {chosen}\n{gettext('No more mail')}: {leave}"]
        context = {"subject": subject, "lines": told, "settings": chosen, "unsubscribe": leave}
        html = render_to_string("parlour_alerts/mail.html", context)
    number = f"{crc32(repr(sorted(alert.pk for alert in alerts)).encode()):08x}.{person.pk}"
    headers = {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<alerts.{number}@{urlsplit(leave).hostname}>",  # the same if it is sent again
    }
    address = getattr(person, mail_field())
    mail = EmailMultiAlternatives(subject, "\n\n".join(words), to=[address], headers=headers)
    mail.attach_alternative(html, "text/html")
    return mail


def _lines(alerts: Iterable[Alert]) -> list[Line]:
    """Alerts of one kind and key are one line, newest first, as in the bell."""
    groups = defaultdict[tuple[str, object], list[Alert]](list)
    for alert in sorted(alerts, key=lambda alert: (alert.at, alert.pk), reverse=True):
        groups[alert.kind, alert.key or alert.pk].append(alert)
    return [Line(group[0], len(group)) for group in groups.values()]
