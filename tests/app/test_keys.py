"""Keys on the Review page: noted in the browser, answered once, on the row that was in sight."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from finine_app.components.review import keys
from finine_app.early import Early
from finine_core.errors import FinineError
from tests.app.looking import healthy, ranked


@pytest.fixture
def struck(monkeypatch):
    """Give `struck(*strokes)`: what the page does when it is told of these, as (what, row)."""
    told, done = {}, []
    monkeypatch.setattr(keys.st, "session_state", told)
    monkeypatch.setattr(keys.state, "note_problem", lambda error: done.append(error.problem))

    def shown(row):
        def mark():
            done.append(("delete", row))
            keys.bind(bound(row + 1))  # the page goes on

        def refuse():
            raise FinineError("It cannot be kept.", "Keep another.")

        def bound(row):
            return keys.Bound(
                row,
                {"D": mark, "K": refuse},
                {"Z": lambda: done.append(("undo", row))},
                lambda row: done.append(("gone", row)),
            )

        keys.bind(bound(row))

    def strike(*strokes):
        told[keys._KEY] = {"strokes": [dict(zip(("id", "key", "row"), one, strict=True))
                                       for one in strokes]}  # fmt: skip
        keys._answer()
        return done

    shown(3)
    return strike


def test_each_stroke_is_answered_once_and_in_order(struck):
    first, second = (1, "D", 3), (2, "Z", 3)
    struck(first)
    assert struck(first, second) == [("delete", 3), ("undo", 4)]
    assert struck(first, second) == [("delete", 3), ("undo", 4)]


def test_a_stroke_on_a_row_that_is_gone_does_nothing_but_is_told(struck):
    assert struck((1, "D", 3), (2, "K", 3)) == [("delete", 3), ("gone", 3)]


def test_a_key_struck_twice_on_one_picture_is_answered_once(struck):
    assert struck((1, "D", 3), (2, "D", 3)) == [("delete", 3)]


def test_a_stroke_that_fails_is_told_and_the_next_one_is_answered(struck):
    assert struck((1, "K", 3), (2, "D", 3)) == ["It cannot be kept.", ("delete", 3)]


@pytest.mark.parametrize("one", [(1, "D", None), (1, "Y", 3), (1, "no key", 3), ("1", "D", 3)])
def test_what_asks_for_nothing_does_nothing(struck, one):
    assert struck(one) == []


def test_the_keys_of_a_page_do_what_its_buttons_do(app, own_run):
    first = ranked(own_run)[0]
    review = healthy(app(own_run.home, "review").run())
    bound = review.session_state[keys._BOUND]
    assert bound.row == first
    lettered = {one.key.removesuffix(f"_{first}"): one.proto.shortcut for one in review.button}
    assert {*bound.of_row, *bound.others} == {
        shortcut.upper() for key, shortcut in lettered.items() if shortcut and key != "previous_row"
    }
    assert lettered["previous_row"], "there is no row before the first, so its key does nothing"


def answered(kind, body, *, path="/review", status=200, **asked):
    """What a browser gets of a server that answers so, and what the server was asked."""
    sent, seen = [], []

    async def server(scope, _receive, send):
        seen.append({name for name, _ in scope["headers"]})
        head = [(b"Content-Type", kind), (b"Content-Length", b"%d" % len(body)), (b"ETag", b"x")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        for place in range(0, len(body), 7):
            part = body[place : place + 7]
            more = place + 7 < len(body)
            await send({"type": "http.response.body", "body": part, "more_body": more})

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path,
        "headers": [(b"host", b"localhost"), (b"Accept-Encoding", b"gzip"), (b"range", b"0-9")],
        **asked,
    }  # fmt: skip
    with ThreadPoolExecutor(1) as apart:  # this thread may have a browser's loop
        apart.submit(asyncio.run, Early(server, "note()")(scope, None, send)).result()
    return dict(sent[0]["headers"]), b"".join(one.get("body", b"") for one in sent), seen[0]


PAGE = b"<!DOCTYPE html><html><head><title>a</title></head><body></body></html>"


def test_a_page_runs_our_script_before_anything_else():
    head, body, asked = answered(b"text/html; charset=utf-8", PAGE)
    assert body == PAGE.replace(b"<head>", b"<head><script>note()</script>")
    assert int(head[b"content-length"]) == len(body)
    assert b"etag" not in head, "a copy may hold an older script"
    assert asked == {b"host"}


@pytest.mark.parametrize(
    "how",
    [
        {"kind": b"text/javascript"},
        {"path": "/static/js/index.js"},
        {"method": "HEAD"},
        {"status": 404},
    ],
    ids=str,
)
def test_what_is_no_page_is_passed_on_as_it_is(how):
    kind = how.pop("kind", b"text/html")
    head, body, _ = answered(kind, PAGE, **how)
    assert (head[b"Content-Length"], body) == (b"%d" % len(PAGE), PAGE)
