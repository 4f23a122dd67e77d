"""A small Flask application that signs people in with Authlib and shows what it received.

GET /login?client=ID leaves for the provider, GET /callback answers with JSON, GET / says that we are here.
Settings come by environment: ISSUER, PORT, CLIENT_SECRET.
"""

import os
import traceback

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session

ISSUER = os.environ["ISSUER"]
PORT = int(os.environ["PORT"])
REDIRECT_URI = f"http://127.0.0.1:{PORT}/callback"

app = Flask(__name__)
app.secret_key = os.urandom(32)
app.json.ensure_ascii = False
oauth = OAuth(app)


def register(client_id, client_secret, **client_kwargs):
    """Tells Authlib of one client; what it needs to know of the provider comes from discovery."""
    oauth.register(
        client_id,
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", **client_kwargs},
    )


SECRET = os.environ["CLIENT_SECRET"]
# As Authlib is out of the box: no PKCE, and the method of authentication is its own choice.
register("stock", SECRET)
for method in ("client_secret_basic", "client_secret_post"):
    register(method, SECRET, code_challenge_method="S256", token_endpoint_auth_method=method)
register("none", None, code_challenge_method="S256", token_endpoint_auth_method="none")


@app.get("/")
def ready():
    return "ready\n"


@app.get("/login")
def login():
    session["client"] = request.args["client"]
    return oauth.create_client(session["client"]).authorize_redirect(REDIRECT_URI)


@app.get("/callback")
def callback():
    client = oauth.create_client(session.pop("client"))
    # Checks state, signature, iss, aud, exp and nonce; leaves the claims of the ID token under "userinfo".
    token = client.authorize_access_token()
    id_token = dict(token.pop("userinfo"))
    userinfo = dict(client.userinfo(token=token))
    del token["access_token"], token["id_token"]
    return {"id_token": id_token, "userinfo": userinfo, "token": token}


@app.errorhandler(Exception)
def failed(error):
    """The library's own words reach the test, and the whole story the log."""
    traceback.print_exception(error)
    return f"{type(error).__name__}: {error}", 502, {"Content-Type": "text/plain; charset=utf-8"}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=PORT)
