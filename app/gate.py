"""Which requests does the app answer? Those of its own pages, for its own names.

A browser sends with each request the name under which it looked the server up (Host) and, from a
script, the page that asks (Origin). A page of another site, of another port of this machine, or of
a foreign name that was made to point here is refused before Streamlit sees a byte. What goes up or
down beside the pages (uploads, downloads, images) is answered only to a browser that the app has
let in: it has a cookie of ours, and `admit` was called for it.

`Gate` is ASGI middleware; it holds nothing but the set of visitors.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

VISITOR = "finine_visitor"  # the cookie: a random name, given with the first page
VISITOR_BYTES = 24
# Below these lies what belongs to a session; pages, scripts and the websocket lie elsewhere.
OWN_PLACES = ("/_stcore/upload_file/", "/media/")
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
# What a browser says of where a request comes from; older ones say nothing.
OWN_SITES = (None, "same-origin", "none")
# Each costs some 100 bytes; the oldest are forgotten, and load the page anew.
MOST_VISITORS = 10_000

_admitted: dict[str, None] = {}


def admit(visitor: str | None) -> None:
    """Let a browser, by its cookie, send and fetch files from now on."""
    if visitor:
        _admitted.pop(visitor, None)
        _admitted[visitor] = None
        while len(_admitted) > MOST_VISITORS:
            del _admitted[next(iter(_admitted))]


def dismiss(visitor: str | None) -> None:
    """Take that back, after a logout."""
    _admitted.pop(visitor or "", None)


class Gate:
    """Refuses what no page of this app asks for.

    Args:
        app: what answers the others.
        hosts: names and addresses that the app may be asked under, without ports.
        origins: pages elsewhere that may ask, as `scheme://host:port`: a proxy with a login.
        addresses: whether any IP address will do as a name, where the app listens on all of them. A
            foreign name that points here is a name, so it is refused all the same.
    """

    def __init__(
        self,
        app: App,
        hosts: Collection[str],
        origins: Collection[str] = (),
        addresses: bool = False,
    ) -> None:
        self.app = app
        self.hosts = {one.casefold().rstrip(".") for one in hosts}
        self.origins = set(origins)
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        visitor = visitor_of(headers.get("cookie", ""))
        why = self.refusal(scope, headers, visitor)
        if why is not None:
            await _refuse(scope, receive, send, why)
        elif visitor is None and is_page(scope):
            await self.app(scope, receive, _with_cookie(send))
        else:
            await self.app(scope, receive, send)

    def refusal(self, scope: Scope, headers: dict[str, str], visitor: str | None) -> str | None:
        """Why a request is not answered, in words; None when it is."""
        host = headers.get("host", "")
        if not self._known(host):
            return "This app is not known under that name."
        origin = headers.get("origin")
        if origin is not None and not (_is_page_of(origin, host) or origin in self.origins):
            return "Another page asked for this; only the app's own pages may."
        own = any(str(scope["path"]).startswith(one) for one in OWN_PLACES)
        if own and visitor not in _admitted:
            return "Open the app in this browser first."
        if own and headers.get("sec-fetch-site") not in OWN_SITES:
            return "Another page asked for this; only the app's own pages may."
        return None

    def _known(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, _ = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return False
        if parts.netloc != host or "@" in host or not name:
            return False
        return name in self.hosts or (self.addresses and _is_address(name))


def visitor_of(cookies: str) -> str | None:
    """The visitor's name in a Cookie header.

    Examples:
        >>> visitor_of("a=1; finine_visitor=abc"), visitor_of("a=1")
        ('abc', None)
    """
    try:
        found = SimpleCookie(cookies).get(VISITOR)
    except CookieError:
        return None
    return found.value if found is not None else None


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by name in small letters; what is sent twice is joined, as cookies are."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}; {text}" if key in found else text
    return found


def _is_page_of(origin: str, host: str) -> bool:
    """Whether an Origin header names a page under this Host header.

    Examples:
        >>> _is_page_of("http://localhost", "localhost"), _is_page_of("http://[", "localhost")
        (True, False)
    """
    return origin in (f"http://{host}", f"https://{host}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_page(scope: Scope) -> bool:
    """Whether a page is asked for; one that the browser has kept is answered without its text."""
    path = str(scope["path"])
    return scope["type"] == "http" and not path.startswith(("/_stcore/", "/static/", "/media/"))


def _with_cookie(send: Send) -> Send:
    """Give a new visitor a name with what is answered."""
    line = (
        f"{VISITOR}={secrets.token_urlsafe(VISITOR_BYTES)}; Path=/; HttpOnly; SameSite=Strict"
    ).encode()

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"set-cookie", line)]}
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the request to open it
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    body = f"{why}\n".encode()
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 403, "headers": head})
    await send({"type": "http.response.body", "body": body})
