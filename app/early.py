"""What does a browser run before it draws anything of a page?

A page is Streamlit's, and draws itself piece by piece: a row can be read for a second before the
parts that take a key are loaded. `Early` puts one small script into the page's head, so that what
is struck meanwhile is noted (app/components/review/keys.py says what becomes of it).
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from typing import Any

from finine_app.gate import App, Receive, Scope, Send, is_page

Header = tuple[bytes, bytes]

# Letters and digits are noted with the row in the heading, where there is one. In a field they are
# written, and a key that is held is one stroke. The buttons have the same letters as shortcuts of
# Streamlit; a stroke that was noted goes no further, so that it is not answered by both.
NOTE_KEYS = """
(() => {
  const FIELDS = ["INPUT", "TEXTAREA", "SELECT"];
  const written = (one) => FIELDS.includes(one.tagName) || one.isContentEditable;
  const keys = (window.finineKeys = { session: null, last: 0, waiting: [], send: null });
  addEventListener("keydown", (event) => {
    const key = event.key.toUpperCase();
    if (!/^[DKNTPZYJLU1-5]$/.test(key) || event.composedPath().some(written)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const heading = document.querySelector(".st-key-row_detail h4")?.innerText;
    if (!keys.send && (keys.session || !heading)) return;
    event.stopPropagation();
    event.preventDefault();
    if (event.repeat) return;
    const row = heading ? Number(heading.match(/\\d+/)[0]) : null;
    keys.waiting = [...keys.waiting, { id: ++keys.last, key, row }];
    keys.send?.();
  }, { capture: true });
})();
"""
_HEAD = b"<head>"
# A page is asked for as it is: not packed, and not compared with a copy whose script may be older.
_NOT_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
_NOT_TOLD = (b"content-length", b"etag", b"last-modified", b"accept-ranges")


class Early:
    """Puts a script into the head of each page.

    Args:
        app: what answers the requests.
        script: JavaScript.
    """

    def __init__(self, app: App, script: str = NOTE_KEYS) -> None:
        self.app = app
        self.head = _HEAD + f"<script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no page is passed on as it is."""
        if scope["type"] != "http" or scope["method"] != "GET" or not is_page(scope):
            await self.app(scope, receive, send)
            return
        start: MutableMapping[str, Any] = {}
        body = bytearray()

        async def pass_on(message: MutableMapping[str, Any]) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_html(message):
                start = message
            elif not start:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    page = bytes(body).replace(_HEAD, self.head, 1)
                    length = (b"content-length", str(len(page)).encode())
                    await send({**start, "headers": [*_less(start, _NOT_TOLD), length]})
                    await send({"type": "http.response.body", "body": page})

        await self.app({**scope, "headers": _less(scope, _NOT_ASKED)}, receive, pass_on)


def _is_html(message: MutableMapping[str, Any]) -> bool:
    kind = dict(_less(message, ())).get(b"content-type", b"")
    return message["status"] == 200 and kind.startswith(b"text/html")


def _less(message: MutableMapping[str, Any], names: Collection[bytes]) -> list[Header]:
    """The headers of a message, less those of these names."""
    found = [(name.lower(), value) for name, value in message["headers"]]
    return [one for one in found if one[0] not in names]
