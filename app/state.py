"""What the app remembers, in one typed place: which home, run, rows, pins and reviewer.

What makes up a view (run, row, pins) is also kept in the address, so that a view is a link and a
reload loses nothing. Decisions are never kept here: they live in the home's database. Rows are
always named by row number, never by their position in a table on the screen.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from finine_app.components.data.choice import DataChoice
from finine_app.components.pin import MOST_DIGITS, Pin, pin_of
from finine_app.components.remember import remember, remembered
from finine_core import api
from finine_core.access import require_choosable
from finine_core.errors import FinineError
from finine_core.runs import default_home
from finine_sample_data import SAMPLES

UPLOADS = "uploads"  # folder in the home
MAX_PINS = 10  # more curves in one picture cannot be told apart

# Names in the address.
_RUN, _ROW, _PINS, _TARGET = "run", "row", "pins", "target"
_TAB, _LASSO = "tab", "lasso"
# Each message of a browser carries the address it shows. A person who presses two keys in a row
# sends the second with the address of before the first; within this time of a change of ours, an
# address that differs is such an old one and not a link that was opened.
ADDRESS_SECONDS = 3.0
REVIEWER_COOKIE = "reviewer"
_PAGES, _REVIEWER, _DATA, _ACCOUNT = "_pages", "_reviewer", "_data", "_account"


def home() -> Path:
    """The home the app was opened on."""
    return default_home()


def run_ids() -> list[str]:
    """All runs of the home, newest first."""
    return [one.run_id for one in api.runs(home())]


def current_run() -> api.Run | None:
    """The run that is looked at: from the address, else the newest, else None."""
    wanted = _get(_RUN)
    if wanted:
        try:
            return api.open_run(wanted, home())
        except FinineError:
            _set(_RUN, None)
    known = api.runs(home())
    return known[0] if known else None


def select_run(run_id: str) -> None:
    """Look at another run; rows and pins of the old one are dropped."""
    if _get(_RUN) != run_id:
        for name in (_ROW, _PINS, _TARGET, _TAB, _LASSO):
            _set(name, None)
    _set(_RUN, run_id)


def target(run: api.Run) -> str:
    """The target of curves."""
    return wanted if (wanted := _get(_TARGET)) in run.targets else run.targets[0]


def ranking(run: api.Run) -> str:
    """The list that rows are ranked in: by suspicion first, where labels were judged."""
    wanted = _get(_TARGET)
    return wanted if wanted in run.rankings else run.rankings[0]


def select_target(name: str) -> None:
    """Show another ranking, or scores and curves for another target."""
    _set(_TARGET, name)


def tab() -> str:
    """Which of the Review page's lists is shown; '' when nobody chose."""
    return _get(_TAB) or ""


def select_tab(name: str) -> None:
    """Show another of the Review page's lists."""
    _set(_TAB, name)


def selected_row() -> int | None:
    """The row whose details are shown, by row number."""
    value = _get(_ROW)
    return int(value) if value and value.isdecimal() and len(value) <= MOST_DIGITS else None


def select_row(row: int | None) -> None:
    """Show the details of a row."""
    _set(_ROW, None if row is None else str(row))


def pins() -> list[Pin]:
    """The rows and saved groups that are pinned for comparison, each once."""
    found = [pin_of(part) for part in (_get(_PINS) or "").split(",")]
    return list(dict.fromkeys(one for one in found if one is not None))


def is_pinned(row: int) -> bool:
    """Whether a row is pinned."""
    return Pin(row) in pins()


def pin(one: Pin | int) -> bool:
    """Pin a saved group, or a row by its number; False when there is no room."""
    now, wanted = pins(), one if isinstance(one, Pin) else Pin(one)
    if wanted in now:
        return True
    if len(now) >= MAX_PINS:
        return False
    set_pins([*now, wanted])
    return True


def set_pins(chosen: Sequence[Pin]) -> None:
    """Pin exactly these."""
    _set(_PINS, ",".join(map(str, chosen[:MAX_PINS])) or None)


def unpin(one: Pin | int) -> None:
    """Take a saved group, or a row by its number, out of the comparison."""
    gone = one if isinstance(one, Pin) else Pin(one)
    set_pins([kept for kept in pins() if kept != gone])


def lasso() -> str | None:
    """The area that is selected on the map, in short form (see components/map/areas.py)."""
    return _get(_LASSO)


def select_lasso(area: str | None) -> None:
    """Select an area of the map; None for nothing."""
    _set(_LASSO, area)


def reviewer() -> str:
    """Who decides, for the log: the account where there is a login."""
    return account() or str(
        st.session_state.get(_REVIEWER) or remembered(REVIEWER_COOKIE) or api.default_reviewer()
    )


def account() -> str:
    """The address that the visitor has logged in with; '' where there is no login."""
    return str(st.session_state.get(_ACCOUNT) or "")


def set_account(address: str | None) -> None:
    """Note who has logged in."""
    st.session_state[_ACCOUNT] = address


def set_reviewer(name: str) -> None:
    """Change who decides; this browser remembers it."""
    st.session_state[_REVIEWER] = name.strip()
    remember(REVIEWER_COOKIE, name.strip())


def data_file() -> Path | None:
    """The file chosen on the Data page, for the next run."""
    value = st.session_state.get(_DATA)
    return Path(value) if value else None


def choose_data_file(path: Path | None) -> None:
    """Choose the file for the next run."""
    st.session_state[_DATA] = str(path) if path else None


def remember_pages(pages: Mapping[str, Any]) -> None:
    """Keep the navigation's pages, for links between them."""
    st.session_state[_PAGES] = dict(pages)


def page(name: str) -> Any:
    """A page by its name in the navigation, for st.page_link and st.switch_page."""
    return st.session_state[_PAGES][name]


def keep_address() -> None:
    """Write the view back into the address: a change of page clears it."""
    for name in (_RUN, _ROW, _PINS, _TARGET, _TAB, _LASSO):
        value = st.session_state.get(f"_view_{name}")
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value


def _get(name: str) -> str | None:
    now = st.session_state.get(f"_view_{name}")
    value = st.query_params.get(name) or now
    changed = st.session_state.get(f"_changed_{name}")
    if value != now and changed is not None and time.monotonic() - changed < ADDRESS_SECONDS:
        return now
    if value:
        st.session_state[f"_view_{name}"] = value
    return value


def _set(name: str, value: str | None) -> None:
    # The session first: writing the address may end this run in favour of a newer one.
    st.session_state[f"_view_{name}"] = value
    st.session_state[f"_changed_{name}"] = time.monotonic()
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


# --- the next run: a file, and what was said about its columns ---

_CHOICE, _WATCHED = "_data_choice", "_watched"
DATA_IN_ADDRESS = "data"


def data_choice() -> DataChoice | None:
    """What was said about the chosen file; None while nothing was."""
    choice = st.session_state.get(_CHOICE)
    path = data_file()
    return choice if choice is not None and path and choice.data == str(path) else None


def choose_data(choice: DataChoice | None) -> None:
    """Remember what was said about the chosen file."""
    st.session_state[_CHOICE] = choice


def keep_data_address() -> None:
    """Keep the chosen file in the address of the pages about the next run, for a reload.

    A file in the address is taken when none is chosen yet.
    """
    path = data_file()
    if path is None:
        choose_data_file(_file_in_address())
    elif st.query_params.get(DATA_IN_ADDRESS) != str(path):
        st.query_params[DATA_IN_ADDRESS] = str(path)


def _file_in_address() -> Path | None:
    """The file that the address names, where it may be chosen."""
    found = st.query_params.get(DATA_IN_ADDRESS)
    try:
        require_choosable(Path(found or ""), data_roots())
    except FinineError:
        return None
    return Path(found) if found else None


def data_roots() -> list[Path]:
    """Folders whose files may always be chosen: what was uploaded, and the samples."""
    return [home() / UPLOADS, *(sample.path.parent for sample in SAMPLES.values())]


def watched_run() -> str | None:
    """The run whose progress the Run page shows; '' when the person wants the form instead."""
    value = st.session_state.get(_WATCHED)
    return None if value is None else str(value)


def watch(run_id: str) -> None:
    """Show the progress of a run on the Run page; '' shows the form."""
    st.session_state[_WATCHED] = run_id


# --- the review: what was done last ---

_LAST_ACTION, _LAST_PROBLEM = "_last_action", "_last_problem"


def note_action(text: str) -> None:
    """Remember what a person just did, to be shown beside Undo; clears the last problem."""
    st.session_state[_LAST_ACTION] = text
    st.session_state[_LAST_PROBLEM] = None


def last_action() -> str:
    """What was done last in this session, in words; '' when nothing was."""
    return str(st.session_state.get(_LAST_ACTION) or "")


def note_problem(problem: FinineError | None) -> None:
    """Remember a problem that a callback met, to be shown by the page."""
    st.session_state[_LAST_PROBLEM] = problem


def last_problem() -> FinineError | None:
    """The problem of the last action, if it had one."""
    return st.session_state.get(_LAST_PROBLEM)


def keep_run(run_id: str) -> None:
    """Put the run that is looked at into the address, so that the view is a link."""
    if _get(_RUN) is None:
        _set(_RUN, run_id)
