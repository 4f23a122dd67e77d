"""JupyterHub that signs people in with GenericOAuthenticator and, below /hub/received, shows what it received.

Settings come by environment: ISSUER, PORT, CLIENT_SECRET. Everything it keeps is in the current folder.
"""

import os
import secrets

import jwt
from jupyterhub.handlers import BaseHandler
from jupyterhub.proxy import Proxy
from oauthenticator.generic import GenericOAuthenticator
from tornado.web import authenticated

ISSUER = os.environ["ISSUER"]
HERE = f"http://127.0.0.1:{os.environ['PORT']}"

c.JupyterHub.authenticator_class = GenericOAuthenticator
c.GenericOAuthenticator.login_service = "Magpie"
c.GenericOAuthenticator.client_id = "stock"
c.GenericOAuthenticator.client_secret = os.environ["CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{HERE}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{ISSUER}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{ISSUER}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{ISSUER}/oauth2/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.allow_all = True

# From here on: what only the test wants.
os.environ["JUPYTERHUB_CRYPT_KEY"] = secrets.token_hex(32)
c.Authenticator.enable_auth_state = True


class NoProxy(Proxy):
    """The browser talks to the hub itself: nobody starts a notebook here, and a proxy would outlive the test."""

    should_start = False
    routes = {}

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes


class ReceivedHandler(BaseHandler):
    @authenticated
    async def get(self):
        state = await self.current_user.get_auth_state()
        self.finish(
            {
                # The hub leaves the ID token alone and takes userinfo's word.
                "id_token": jwt.decode(
                    state["token_response"]["id_token"], options={"verify_signature": False}
                ),
                "userinfo": state["oauth_user"],
                "environment": {"name": self.current_user.name},
            }
        )


c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = HERE
c.JupyterHub.bind_url = HERE
c.JupyterHub.extra_handlers = [("/received", ReceivedHandler)]
