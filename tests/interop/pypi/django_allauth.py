"""A small Django application that signs people in with django-allauth and shows what it received.

GET /login has the button, GET / answers with JSON once somebody is signed in.
Settings come by environment: ISSUER, PORT, CLIENT_SECRET. The database is a file in the current folder.
"""

import os
import secrets
from wsgiref.simple_server import make_server

import django
from django.conf import settings

ISSUER = os.environ["ISSUER"]
PORT = int(os.environ["PORT"])
CLIENT_SECRET = os.environ["CLIENT_SECRET"]

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
        "django.contrib.messages",
        "django.contrib.sessions",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    LOGIN_REDIRECT_URL="/",
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "magpie",
                    "name": "Magpie",
                    "client_id": "stock",
                    "secret": CLIENT_SECRET,
                    "settings": {"server_url": ISSUER},
                }
            ],
        }
    },
)
django.setup()

from allauth.socialaccount.models import SocialAccount  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import include, path  # noqa: E402

LOGIN = """{% load socialaccount %}<form method="post" action="{% provider_login_url 'magpie' %}">
{% csrf_token %}<button id="continue">Sign in with Magpie</button></form>"""


def login(request):
    return HttpResponse(engines["django"].from_string(LOGIN).render({}, request))


def home(request):
    if not request.user.is_authenticated:
        return HttpResponse("ready\n", content_type="text/plain")
    account = SocialAccount.objects.get(user=request.user)
    user = {name: getattr(request.user, name) for name in ("username", "first_name", "email")}
    return JsonResponse({**account.extra_data, "environment": {**user, "uid": account.uid}})


urlpatterns = [path("", home), path("login", login), path("accounts/", include("allauth.urls"))]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", PORT, get_wsgi_application()).serve_forever()
