"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from apps.access import api as access
from apps.backoffice import health
from apps.games import api as games
from apps.wallet import api as wallet

api = [
    path("auth/login", access.LogIn.as_view()),
    path("auth/logout", access.LogOut.as_view()),
    path("me/wallet", wallet.MyWallet.as_view()),
    path("games", games.GameList.as_view()),
    path("games/<str:game>/launch", games.LaunchGame.as_view()),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("games/", include("apps.games.urls")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
