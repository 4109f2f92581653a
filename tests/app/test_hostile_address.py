"""Whatever stands in the address, a page shows no traceback and nothing from outside the home."""

from __future__ import annotations

import pytest

from tests.app.looking import healthy, said
from tests.app.test_every_page import PAGES

VIEW = [
    {"run": "../../etc", "row": "-1", "pins": "1,2,x,g" + "9" * 30, "target": "<b>self</b>"},
    {"row": "9" * 30, "tab": "../x", "lasso": "1e999_nan_-", "pins": "," * 5_000},
]
FILTER = [
    {"run": "latest\0", "row": "1 OR 1=1", "filter_sql": "(SELECT 1)", "sort_by": "mu; DROP"},
    {"filter_sql": "((((" * 2_000, "filter_label": "<img src=x>", "filter_mu_min": "nan",
     "page_size": "1000000", "page_number": "-5", "row": "¼", "tab": "😀"},
    {"filter_text": "\0'%_\\", "filter_decision": "drop", "target": "validation"},
]  # fmt: skip
DATA = [
    {"data": "/etc/passwd", "columns": "ffffff.999999.t1-999999", "held_out": "/etc/passwd"},
    {"data": "/proc/self/environ", "run": "%2e%2e%2f"},
    {"data": "/dev/zero"},
]
HOSTILE = {
    "review": VIEW[1:] + FILTER,
    "map": [*VIEW, {"lasso": "p" * 50_000}],
    "compare": [*VIEW, {"pins": ",".join(map(str, range(13))), "row": "99999999"}],
    "groups": [{"group_where": "sleep_ms(60000)", **VIEW[0]}],
    "verify": VIEW[:1], "export": VIEW[:1], "data": DATA, "run": DATA[:1] + VIEW[:1],
}  # fmt: skip


def test_every_page_that_shows_data_is_tried():
    assert set(HOSTILE) == set(PAGES) - {"glossary"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_address_is_harmless_on_every_page(app, finished_run, name):
    for query in HOSTILE[name]:
        page = app(finished_run.home, name)
        for key, value in query.items():
            page.query_params[key] = value
        text = said(healthy(page.run()))
        assert "Traceback" not in text
        assert "root:" not in text, "somebody's password file"
        assert "PATH=" not in text, "the environment"
