"""The app answers its own pages, under its own names, and nobody else."""

from contextlib import suppress

import pytest

from finine_app import gate
from finine_app.gate import VISITOR, Gate

OURS = "localhost:8501"


async def _answer(scope, _receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})
    else:
        await send({"type": "websocket.accept"})


def asked(path="/", kind="http", gated=None, **headers):
    """What the gate answers: (status or message type, body, cookie)."""
    named = {"host": OURS, **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [(name.encode(), text.encode()) for name, text in named.items() if text is not None]
    scope = {"type": kind, "path": path, "headers": lines}
    sent = []

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    answering = (gated or Gate(_answer, ["localhost", "::1"]))(scope, receive, send)
    with suppress(StopIteration):  # nothing here waits, so one step is all there is
        answering.send(None)
    if kind == "websocket":
        return sent[0]["type"]
    cookies = [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent), cookies


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({}, True),
        ({"host": "LOCALHOST:8501"}, True),
        ({"host": "[::1]:8501"}, True),
        ({"host": "localhost.:8501"}, True),
        ({"host": "elsewhere.example:8501"}, False),  # a name that was made to point here
        ({"host": "localhost.elsewhere.example"}, False),
        ({"host": "user@localhost:8501"}, False),
        ({"host": "localhost:port"}, False),
        ({"host": "192.168.0.7:8501"}, False),
        ({"host": ""}, False),
        ({"host": None}, False),
        ({"origin": f"http://{OURS}"}, True),
        ({"origin": "http://localhost:9999"}, False),  # another port of this machine
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"origin": f"javascript://{OURS}"}, False),
        ({"origin": f"http://{OURS}@elsewhere.example"}, False),
    ],
)
def test_only_our_own_names_and_pages_are_answered(headers, answered):
    status, body, _ = asked(**headers)
    assert (status, body == b"inside") == ((200, True) if answered else (403, False))
    opened = asked("/_stcore/stream", "websocket", **headers)
    assert opened == ("websocket.accept" if answered else "websocket.close")


def test_a_server_on_all_addresses_is_asked_by_address_and_a_login_by_its_origin():
    everywhere = Gate(_answer, ["localhost"], addresses=True)
    assert asked(gated=everywhere, host="192.168.0.7:8501")[0] == 200
    assert asked(gated=everywhere, host="elsewhere.example:8501")[0] == 403
    behind = Gate(_answer, ["localhost", "box.example"], ["https://box.example"])
    assert asked(gated=behind, host="box.example", origin="https://box.example")[0] == 200
    assert asked(gated=behind, host="localhost:8501", origin="https://box.example")[0] == 200
    assert asked(gated=behind, host="box.example", origin="https://fox.example")[0] == 403


def test_files_go_up_and_down_only_in_a_browser_that_was_let_in():
    status, _, cookies = asked("/review")
    assert status == 200
    name, _, rest = cookies[0].partition("=")
    visitor = rest.partition(";")[0]
    assert name == VISITOR
    assert {"HttpOnly", "SameSite=Strict"} <= {one.strip() for one in cookies[0].split(";")}
    places = ("/media/abc.csv", "/_stcore/upload_file/session/file")
    cookie = f"other=1; {VISITOR}={visitor}"
    for place in places:
        assert asked(place)[0] == asked(place, cookie=cookie)[0] == 403
    gate.admit(visitor)
    for place in places:
        assert asked(place)[0] == 403
        assert asked(place, cookie=f"{VISITOR}=guessed")[0] == 403
        assert asked(place, cookie=cookie)[0] == 200
        assert asked(place, cookie=cookie, sec_fetch_site="same-site")[0] == 403
        assert asked(place, cookie=cookie, sec_fetch_site="same-origin")[0] == 200
    gate.dismiss(visitor)
    assert asked(places[0], cookie=cookie)[0] == 403


def test_a_visitor_keeps_the_name_and_files_give_none():
    assert asked("/", cookie=f"{VISITOR}=mine")[2] == []
    assert asked("/static/app.js")[2] == asked("/_stcore/health")[2] == []
