"""People with UUIDs."""

from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    """Somebody whose primary key is no number."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    groups = models.ManyToManyField("auth.Group", related_name="+")
    user_permissions = models.ManyToManyField("auth.Permission", related_name="+")
