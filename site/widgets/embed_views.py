"""Pages that other sites frame."""

from django.http import HttpRequest, HttpResponse

from widgets.framing import embedded
from widgets.models import Widget


@embedded
def page(request: HttpRequest, widget: Widget) -> HttpResponse:
    """What a visitor sees."""
    return HttpResponse(widget.title, content_type="text/plain; charset=utf-8")
