"""The composition of the product: settings, URLs, Celery and WSGI; the only place that knows every app."""

from pam.celery import app as celery_app

__all__ = ["celery_app"]
