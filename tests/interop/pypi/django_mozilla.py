"""A small Django application that signs people in with mozilla-django-oidc and shows what it received.

GET /oidc/authenticate/ leaves for the provider, GET / answers with JSON once somebody is signed in.
Settings come by environment: ISSUER, PORT, CLIENT_SECRET. The database is a file in the current folder.
"""

import os
import secrets
from wsgiref.simple_server import make_server

import django
import jwt
from django.conf import settings

ISSUER = os.environ["ISSUER"]
PORT = int(os.environ["PORT"])

# The database lives as long as the test.
QUICKLY = {"init_command": "PRAGMA synchronous=OFF"}

settings.configure(
    SECRET_KEY=secrets.token_hex(32),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "people.db", "OPTIONS": QUICKLY}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    AUTHENTICATION_BACKENDS=[f"{__name__}.MagpieBackend"],
    LOGIN_REDIRECT_URL="/",
    LOGIN_REDIRECT_URL_FAILURE="/refused",
    OIDC_RP_CLIENT_ID="stock",
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_RP_SCOPES="openid profile email",
    OIDC_USE_PKCE=True,
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth2/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth2/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth2/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/oauth2/jwks",
    # So that the test can look into it.
    OIDC_STORE_ID_TOKEN=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from mozilla_django_oidc.auth import OIDCAuthenticationBackend  # noqa: E402


class MagpieBackend(OIDCAuthenticationBackend):
    """Takes the name along, which the library by itself leaves behind; who may come in is the library's decision."""

    def create_user(self, claims):
        return self.update_user(super().create_user(claims), claims)

    def update_user(self, user, claims):
        user.first_name = claims.get("name", "")
        user.save()
        self.request.session["userinfo"] = claims
        return user


def home(request):
    if not request.user.is_authenticated:
        return HttpResponse("ready\n", content_type="text/plain")
    user = {name: getattr(request.user, name) for name in ("username", "first_name", "email")}
    # The library has proved it; this only shows it.
    id_token = jwt.decode(request.session["oidc_id_token"], options={"verify_signature": False})
    received = {"id_token": id_token, "userinfo": request.session["userinfo"]}
    return JsonResponse({**received, "environment": user})


def refused(request):
    return HttpResponse("not signed in\n", content_type="text/plain", status=403)


urlpatterns = [
    path("", home),
    path("refused", refused),
    path("oidc/", include("mozilla_django_oidc.urls")),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", PORT, get_wsgi_application()).serve_forever()
