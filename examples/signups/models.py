"""The signal that alerts staff."""

from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver

from alerts import Role, notify


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def alert_staff(instance, created, **kwargs):
    if created:
        notify(Role("staff"), "signup", f"{instance} signed up", about=instance)
