"""Pages of the shop. Everything is reached through the person: another's order is not found."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parlour import Denied
from shop import ordering, steps
from shop.consumers import MineConsumer, OrdersConsumer
from shop.forms import OrderForm
from shop.imports.models import Import
from shop.models import Order
from shop.people import may_order

A_PAGE = 50  # orders


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Place an order, and see one's own."""
    if not may_order(request.user):
        return render(request, "shop/home.html")
    form = OrderForm(request.POST or None)
    if form.is_valid():
        try:
            order = ordering.place(request.user, **form.cleaned_data)
        except ordering.Declined as why:
            form.add_error(None, str(why))
        else:
            notices.success(request, f"Order {order.pk} is placed: {order.item}, {order.price}.")
            return redirect("shop:home")
    context = {"form": form, **MineConsumer.authorize(request.user).paint(request)}
    return render(request, "shop/home.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """All orders of one person, or those of one `import`, a page at a time."""
    orders, imported = Order.objects.filter(buyer=request.user.pk), None
    if pk := request.GET.get("import", ""):
        imported = get_object_or_404(Import.objects.of(request.user), pk=int(pk[:18]) if pk.isdecimal() else 0)
        orders = Order.objects.filter(imported=imported)
    page = Paginator(orders, A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"page": page, "lines": [(order, []) for order in page], "imported": imported}
    return render(request, "shop/mine.html", context)


@login_required
@require_safe
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    """The orders that wait for staff, live."""
    try:
        region = OrdersConsumer.authorize(request.user)
    except Denied:
        raise PermissionDenied from None
    return render(request, "shop/orders.html", region.paint(request))


@login_required
@require_safe
@never_cache
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One order, for its buyer and for staff."""
    found = get_object_or_404(Order.objects.visible_to(request.user).select_related("buyer"), pk=pk)
    return render(request, "shop/order.html", {"order": found, "steps": steps.open_to(request.user, found)})


@login_required
@require_POST
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take a step with an order. A live list shows what came of it; a plain form goes back to the list."""
    if step not in steps.STEPS:
        raise Http404
    try:
        taken = ordering.take(request.user, pk, step)
    except Order.DoesNotExist:
        raise Http404 from None
    except ordering.Declined as why:
        notices.error(request, str(why))
    else:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=204)
        notices.success(request, f"Order {taken.pk} is {taken.stands}.")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("shop:orders" if request.user.is_staff else "shop:home")
