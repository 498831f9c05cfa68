"""Pages of imports. Everything is reached through the person: another's import is not found."""

import csv

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
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

PAGE_SIZE = 20  # imports


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file of orders, and see what became of earlier ones."""
    if not may_order(request.user):
        return render(request, "shop/imports.html")
    form = UploadForm(request.user, *((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        imported = form.start()
        read, ignored = form.sheet.encoding.upper(), ", ".join(form.sheet.ignored)[:400]
        words = f"{imported.name} has arrived. It was read as {read}."
        words += f" Columns left out: {ignored}." if ignored else ""
        messages.success(request, words if read == "UTF-8" else f"{words} Are letters wrong? {AS_UTF8}")
        return redirect(imported)
    page = Paginator(Import.objects.of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "currencies": CURRENCIES}
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
def rejected(request: HttpRequest, pk: int) -> HttpResponse:
    """All rejected rows of an import as a CSV file, which may be corrected and uploaded again."""
    imported = get_object_or_404(Import.objects.of(request.user), job__id=pk)
    headers = {"Content-Disposition": f'attachment; filename="rejected-{imported.pk}.csv"'}
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers=headers)
    writer = csv.writer(response)
    writer.writerow(map(escape, [*ADDED, *(imported.columns or COLUMNS)]))
    writer.writerows(map(escape, [str(row.line), row.reason, *row.cells]) for row in imported.rejects.iterator())
    return response
