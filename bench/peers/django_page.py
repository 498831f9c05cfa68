"""A room as plain Django does it: a list view of 50 messages, and a form. Signed in, with sessions and CSRF tokens.

`python -m bench.peers.django_page FOLDER PEOPLE` makes its database and prints the cookies of so many people.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import django
from a2wsgi import WSGIMiddleware
from django import forms
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import path
from django.views.generic import CreateView, ListView

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ room }}</title></head><body>
<nav><a href="/">Rooms</a> {{ user.username }}</nav><main><h1>{{ room }}</h1><ol>
{% for message in messages %}<li id="m{{ message.pk }}" class="message">
<a class="author" href="/people/{{ message.author.pk }}/">{{ message.author.username }}</a>
<time datetime="{{ message.posted|date:'c' }}" title="{{ message.posted|date:'r' }}">
{{ message.posted|date:"H:i" }}</time>
<div class="text">{{ message.text|linebreaks }}</div>
<div class="actions"><a href="/rooms/{{ room }}/messages/{{ message.pk }}/reply/">Reply</a>
{% if message.author == user %}<a href="/rooms/{{ room }}/messages/{{ message.pk }}/edit/">Edit</a>{% endif %}
<a href="/rooms/{{ room }}/messages/{{ message.pk }}/">Address</a></div></li>
{% endfor %}</ol><form method="post" action="/rooms/{{ room }}/messages/">{% csrf_token %}
<textarea name="text" required></textarea><button>Send</button></form></main></body></html>"""
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"  # as the product has them
FOLDER = Path(os.environ.get("BENCH_FOLDER") or sys.argv[1])
LOADER = ("django.template.loaders.locmem.Loader", {"page.html": PAGE})

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.cached.Loader", [LOADER])],
                "context_processors": ["django.contrib.auth.context_processors.auth"],
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "db.sqlite3",
            "CONN_MAX_AGE": 600,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.mixins import LoginRequiredMixin  # noqa: E402  needs the settings


class Message(models.Model):
    room = models.SlugField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.TextField()
    posted = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"


class Messages(LoginRequiredMixin, ListView):
    template_name = "page.html"
    context_object_name = "messages"

    def get_queryset(self):
        newest = Message.objects.filter(room=self.kwargs["room"]).select_related("author").order_by("-pk")[:50]
        return list(newest)[::-1]

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, room=self.kwargs["room"])


class Post(LoginRequiredMixin, CreateView):
    form_class = forms.modelform_factory(Message, fields=["text"])

    def form_valid(self, form):
        form.instance.author, form.instance.room = self.request.user, self.kwargs["room"]
        self.success_url = f"/rooms/{self.kwargs['room']}/"
        return super().form_valid(form)


urlpatterns = [path("rooms/<slug:room>/", Messages.as_view()), path("rooms/<slug:room>/messages/", Post.as_view())]
application = WSGIMiddleware(get_wsgi_application(), workers=10)


def seed(people: int) -> list[str]:
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Message)
    cookies = []
    for number in range(people):
        person = get_user_model().objects.create(username=f"bench-{number:04}", password="!")
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    return cookies


if __name__ == "__main__":
    print(json.dumps(seed(int(sys.argv[2]))))
