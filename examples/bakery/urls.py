"""The address that starts it."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.urls import path

from bakery.models import bake


@login_required
def start(request):
    return redirect(bake.start(request.user, "Bread", loaves=100))


urlpatterns = [path("bakery/", start)]
