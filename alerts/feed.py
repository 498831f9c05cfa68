"""A person's alerts as a private Atom feed, for whoever has its address."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from alerts import actions
from alerts.addresses import read_query
from alerts.models import Alert, PersonalSettings

SHOWN = 50  # alerts


class AlertsFeed(Feed):
    """The newest open alerts of the person for whom the address is signed, until they make another one."""

    feed_type = Atom1Feed
    title = author_name = gettext_lazy("Alerts")

    def get_object(self, request: HttpRequest) -> Any:
        pk: Any
        pk, key = read_query("feed", request)
        row = PersonalSettings.objects.filter(pk=pk, feed=key, person__is_active=True).exclude(feed="")
        found = row.select_related("person").first()
        if found is None:
            raise Http404
        return found.person

    def link(self) -> str:
        return reverse("parlour_alerts:all")

    def items(self, person: Any) -> Any:
        alerts: Any = Alert.objects.for_person(person).open()
        alerts = alerts.filter(archived__isnull=True).select_related("actor")
        return alerts.exclude(kind__in=actions.unwanted_kinds(person))[:SHOWN]

    def item_title(self, item: Alert) -> str:
        return item.title_now

    def item_description(self, item: Alert) -> str:
        return escape(item.body)  # readers take it for HTML

    def item_pubdate(self, item: Alert) -> Any:
        return item.at

    item_updateddate = item_pubdate


alerts_feed = never_cache(AlertsFeed())
