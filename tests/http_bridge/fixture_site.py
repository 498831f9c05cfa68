"""A form for a file, which says what arrived, at an address for large files and at one for small; a long response."""

import hashlib

from django.http import HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path

FORM = """<!doctype html><title>Send</title><form method="post" enctype="multipart/form-data">
<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="file" name="file">
<button>Send</button></form>"""
LONG = [b"%07d\n" % number * 1024 for number in range(24 * 128)]  # 24 MiB


def may_upload(person):
    return person.is_authenticated and not person.is_guest and person.username != "other"


def upload(request):
    if request.method != "POST":
        return HttpResponse(FORM.format(get_token(request)))
    digest = hashlib.sha256()
    for chunk in request.FILES["file"].chunks():
        digest.update(chunk)
    return HttpResponse(f"{request.FILES['file'].size} {digest.hexdigest()}", content_type="text/plain")


def long(request):
    return StreamingHttpResponse(iter(LONG))


def page(request):
    return HttpResponse(b"x" * 1_000_000)


urlpatterns = [
    path("long/", long),
    path("page/", page),
    path("upload/", upload),
    path("elsewhere/", upload),
    path("", include("config.urls")),
]
handler500 = "config.pages.server_error"
