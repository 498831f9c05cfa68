"""Pages of imports. Everything is reached through the person: another's import is not found."""

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from jobs import JobRegion
from shop.imports.csv_reader import ADDED, AS_UTF8, COLUMNS, escape
from shop.imports.forms import UploadForm
from shop.imports.models import Import
from shop.models import may_order
from shop.money import CURRENCIES

LATEST = 50  # imports on the page


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file of orders, and see what became of earlier ones."""
    if not may_order(request.user):
        return render(request, "shop/imports.html")
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        imported = form.start(request.user)
        read, ignored = form.sheet.encoding.upper(), ", ".join(form.sheet.ignored)[:400]
        words = f"{imported.name} has arrived. It was read as {read}."
        words += f" Columns left out: {ignored}." if ignored else ""
        messages.success(request, words if read == "UTF-8" else f"{words} Are letters wrong? {AS_UTF8}")
        return redirect(imported)
    latest = Import.objects.filter(job__owner=request.user.pk).select_related("job")[:LATEST]
    context = {"form": form, "latest": latest, "currencies": CURRENCIES}
    return render(request, "shop/imports.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One import, live."""
    imported = get_object_or_404(Import, job__id=pk, job__owner=request.user)
    return render(request, "shop/import.html", {"imported": imported, **JobRegion(imported.job).paint(request)})


@login_required
@require_safe
@never_cache
def rejected(request: HttpRequest, pk: int) -> HttpResponse:
    """All rejected rows of an import as a CSV file, which may be corrected and uploaded again."""
    imported = get_object_or_404(Import, job__id=pk, job__owner=request.user)
    headers = {"Content-Disposition": f'attachment; filename="rejected-{imported.pk}.csv"'}
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers=headers)
    writer = csv.writer(response)
    writer.writerow(map(escape, [*ADDED, *(imported.columns or COLUMNS)]))
    writer.writerows(map(escape, [str(row.line), row.reason, *row.cells]) for row in imported.rejects.iterator())
    return response
