"""A page with a form for a file, which says what arrived."""

import hashlib
from time import sleep as wait

from django.http import HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path

FORM = """<!doctype html><title>Send</title><form method="post" enctype="multipart/form-data">
<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="file" name="file">
<button>Send</button></form>"""


def may_send(person):
    return not person.is_guest and person.username != "other"


def take(request):
    if request.method != "POST":
        return HttpResponse(FORM.format(get_token(request)))
    digest, size = hashlib.sha256(), 0
    for part in request.FILES["file"].chunks():
        digest.update(part)
        size += len(part)
    return HttpResponse(f"{size} {digest.hexdigest()}", content_type="text/plain")


def long(request):
    """Twenty-four megabytes, piece by piece."""
    return StreamingHttpResponse(b"%07d\n" % number * 1024 for number in range(24 * 128))


def slow(request):
    """A minute's worth, which is made only for whom listens."""

    def pieces():
        for _ in range(6000):
            yield b"x" * 65536
            wait(0.01)

    return StreamingHttpResponse(pieces())


def plain(request):
    return HttpResponse(b"x" * 1_000_000)


urlpatterns = [
    path("long/", long),
    path("slow/", slow),
    path("plain/", plain),
    path("take/", take),
    path("little/", take),
    path("", include("config.urls")),
]
handler500 = "config.pages.server_error"
