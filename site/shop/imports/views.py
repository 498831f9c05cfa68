"""Pages of imports. Everything is reached through the person: another's import is not found."""

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from jobs import Job
from jobs.streams import Bar, JobRegion
from shop import money
from shop.imports import export, uploads
from shop.imports.forms import UploadForm
from shop.imports.models import Import
from shop.imports.sheet import OPTIONAL, REQUIRED
from shop.people import may_order

A_PAGE = 20  # imports
ABOUT = {"required": REQUIRED, "optional": OPTIONAL, "currencies": money.CURRENCIES}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Send a sheet of orders, and see what became of earlier ones.

    Who may not order is answered before the form is parsed; for all others its file goes straight to the shelf.
    """
    if not may_order(request.user):
        return render(request, "shop/imports.html", ABOUT)
    request.upload_handlers = [uploads.ToShelf(request)]
    return _imports(request)


@csrf_protect
@never_cache
def _imports(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.user, *((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        try:
            imported = uploads.begin(request.user, form.cleaned_data["file"])
        except uploads.TooMany as why:
            form.add_error("file", str(why))
        except OSError:
            form.add_error("file", "It could not be put on our disk. Please try again later.")
        else:
            notices.success(request, f"{imported.name} has arrived.")
            return redirect(imported)
    page = Paginator(Import.objects.of(request.user), A_PAGE).get_page(request.GET.get("page"))
    jobs = Job.objects.of(request.user).in_bulk([each.pk for each in page])
    lines = [(each, Bar(jobs[each.pk])) for each in page]
    context = {"form": form, "page": page, "lines": lines, **ABOUT}
    return render(request, "shop/imports.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One import, live."""
    imported = get_object_or_404(Import.objects.of(request.user), job__id=pk)
    return render(request, "shop/import.html", {"imported": imported, **JobRegion(imported.job).paint(request)})


@login_required
@require_safe
@never_cache
def rejected(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All rejected rows of an import, as a CSV file; one at a time for each person."""
    imported = get_object_or_404(Import.objects.of(request.user), job__id=pk)
    rows = export.begun(imported)
    if rows is None:
        words = "You are fetching a file of rejected rows already. Wait until it has arrived, then fetch this one.\n"
        return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": "10"})
    headers = {"Content-Disposition": f'attachment; filename="rejected-{imported.pk}.csv"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)
