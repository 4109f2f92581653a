"""May this visitor come in, and who is it?

Where the home has a login (`secrets.toml`), shows nothing but a button to log in until the provider
vouches for an account that is allowed; the account's address is then the reviewer's name.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from finine_app import gate, state
from finine_app.components.messages import plain, show_problem
from finine_core.access import login_settings, may_enter
from finine_core.errors import FinineError
from finine_core.runs.home import check_home


def let_in() -> bool:
    """Whether the visitor may see the app; draws the way in, or why not, when the answer is no.

    A visitor's browser may then send and fetch files too, and no longer after a logout.
    """
    allowed = _let_in()
    (gate.admit if allowed else gate.dismiss)(st.context.cookies.get(gate.VISITOR))
    return allowed


def _let_in() -> bool:
    try:
        settings = login_settings(check_home(state.home()))
    except FinineError as error:
        show_problem(error)
        return False
    if settings is None:
        state.set_account(None)
        return True
    account = _account()
    if account is None:
        st.title("finine")
        st.write("Log in to see the runs and to decide.")
        st.button("Log in", key="log_in", type="primary", icon=":material/login:",
                  on_click=st.login)  # fmt: skip
        return False
    if not may_enter(account, settings["allowed"]):
        st.title("finine")
        st.error(f"{plain(account.get('email') or 'This account')} may not use this app.",
                 icon=":material/block:")  # fmt: skip
        st.caption("Ask whoever started it to add your address to `allowed` in secrets.toml.")
        log_out_button()
        return False
    state.set_account(str(account["email"]))
    return True


def log_out_button() -> None:
    """Forget the account in this browser."""
    st.button("Log out", key="log_out", icon=":material/logout:", on_click=st.logout)


def _account() -> dict[str, Any] | None:
    """What the provider says of the visitor; None before the login."""
    found = st.user.to_dict()
    return found if found.get("is_logged_in") is True else None
