"""Addresses of the game providers' callbacks."""

from django.urls import path

from apps.games.providers.softswiss import views as softswiss

urlpatterns = [
    path("softswiss/<slug:account>/play", softswiss.play, name="softswiss-play"),
    path("softswiss/<slug:account>/rollback", softswiss.rollback, name="softswiss-rollback"),
]
