"""A small OpenID Connect provider on this machine: it vouches for whatever address is typed.

The authorization code flow with a signed id token, over the loopback; no more than a client asks.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "finine-test", "a secret of the client's own"


class _Provider(BaseHTTPRequestHandler):
    """Answers a browser (`/authorize`) and the app (the rest)."""

    key = RSAKey.generate_key(2048, {"kid": "one"})
    codes: dict[str, dict[str, object]] = {}  # noqa: RUF012

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        base = f"http://{self.headers['Host']}"
        if asked.path == "/.well-known/openid-configuration":
            self._send(
                {
                    "issuer": base,
                    "authorization_endpoint": f"{base}/authorize",
                    "token_endpoint": f"{base}/token",
                    "jwks_uri": f"{base}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif asked.path == "/keys":
            self._send({"keys": [self.key.as_dict(private=False)]})
        elif asked.path == "/authorize" and "email" in query:
            code = secrets.token_urlsafe(16)
            self.codes[code] = {
                "iss": base, "aud": query["client_id"], "sub": query["email"],
                "email": query["email"], "email_verified": "unverified" not in query,
                "nonce": query.get("nonce", ""),
            }  # fmt: skip
            back = {"code": code, "state": query["state"]}
            self.send_response(303)
            self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
            self.end_headers()
        elif asked.path == "/authorize":
            kept = "".join(
                f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
                for name, value in query.items()
            )
            self._send(
                f'<form>{kept}<label>Address <input name="email"></label>'
                '<label><input type="checkbox" name="unverified"> not verified</label>'
                "<button>Go on</button></form>"
            )
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        claims = self.codes.pop(form.get("code", ""), None)
        if base64.b64decode(given).decode() != f"{CLIENT}:{SECRET}" or claims is None:
            self._send({"error": "invalid_grant"}, status=400)
            return
        times = {"iat": int(time.time()), "exp": int(time.time()) + 600}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **times}, self.key)
        self._send({"access_token": "unused", "token_type": "Bearer", "id_token": token})

    def _send(self, content: object, status: int = 200) -> None:
        html = isinstance(content, str)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.end_headers()
        self.wfile.write((content if isinstance(content, str) else json.dumps(content)).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def provider() -> Iterator[str]:
    """Run one; gives its address."""
    with ThreadingHTTPServer(("localhost", 0), _Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
