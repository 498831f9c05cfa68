"""Pages of the shop. Everything is reached through the person: another's order is not found."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop import transitions
from shop.demo import sample_file
from shop.forms import OrderForm
from shop.imports.models import Import
from shop.live import STAFF_LIMIT
from shop.models import Order, may_order
from shop.place_order import OrderRejected, make_transition, place_order

PAGE_SIZE = 50  # orders


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Place an order, and see one's own."""
    if not may_order(request.user):
        return render(request, "shop/home.html")
    form = OrderForm(request.POST or None)
    if form.is_valid():
        try:
            order = place_order(request.user, **form.cleaned_data)
        except OrderRejected as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("Order {pk} is placed: {item}, {price}.").format(pk=order.pk, item=order.item, price=order.price),
            )
            return redirect("shop:home")
    return render(request, "shop/home.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """All orders of one person, or those of one `import`, a page at a time."""
    orders, imported = Order.objects.filter(buyer=request.user.pk), None
    if pk := request.GET.get("import", ""):
        imported = get_object_or_404(Import, pk=int(pk[:18]) if pk.isdecimal() else 0, job__owner=request.user)
        orders = Order.objects.filter(imported=imported)
    page = Paginator(orders, PAGE_SIZE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"page": page, "rows": [(order, []) for order in page], "imported": imported}
    return render(request, "shop/mine.html", context)


@login_required
@require_safe
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    """The orders that wait for staff, live."""
    if not request.user.is_staff:
        raise PermissionDenied
    return render(request, "shop/orders.html")


@login_required
@require_safe
@never_cache
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One order, for its buyer and for staff."""
    order = get_object_or_404(Order.objects.visible_to(request.user).select_related("buyer"), pk=pk)
    context = {"order": order, "transitions": transitions.allowed(request.user, order)}
    return render(request, "shop/order.html", context)


@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """A file to try an import with."""
    headers = {"Content-Disposition": 'attachment; filename="sample-orders.csv"'}
    return HttpResponse(sample_file(), content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_POST
def transition(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Change an order's status. A live list shows the result by itself, and gets the buttons, which take the focus.

    A plain form goes back to the list.
    """
    if name not in transitions.TRANSITIONS:
        raise Http404
    htmx = request.htmx  # type: ignore[attr-defined]
    try:
        order = make_transition(request.user, pk, name)
    except Order.DoesNotExist:
        raise Http404 from None
    except OrderRejected as error:
        messages.error(request, str(error))
        if htmx:
            return HttpResponse(headers={"HX-Refresh": "true"})
    else:
        if htmx and htmx.trigger:  # "orders-acts-5-accept"
            context = {"order": order, "transitions": transitions.allowed(request.user, order), "pressed": True}
            context["acts"] = acts = htmx.trigger.rsplit("-", 2)[0]
            context["gone"] = acts == "orders-acts" and order not in Order.objects.work_list(STAFF_LIMIT)
            return render(request, "partials/shop.html#pressed", context)
        if htmx:
            return HttpResponse(status=204)
        messages.success(request, _("Order {pk}: {status}.").format(pk=order.pk, status=order.get_status_display()))
    return redirect("shop:orders" if request.user.is_staff else "shop:home")
