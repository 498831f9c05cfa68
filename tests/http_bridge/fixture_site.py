"""A form for a file, which says what arrived, at an address for large files and at one for small."""

import hashlib

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path

FORM = """<!doctype html><title>Send</title><form method="post" enctype="multipart/form-data">
<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="file" name="file">
<button>Send</button></form>"""


def upload(request):
    if request.method != "POST":
        return HttpResponse(FORM.format(get_token(request)))
    digest = hashlib.sha256()
    for chunk in request.FILES["file"].chunks():
        digest.update(chunk)
    return HttpResponse(f"{request.FILES['file'].size} {digest.hexdigest()}", content_type="text/plain")


urlpatterns = [path("upload/", upload), path("elsewhere/", upload), path("", include("config.urls"))]
handler500 = "config.pages.server_error"
