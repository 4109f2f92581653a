"""Why is a row suspicious? Each signal's question, and how the row answers it among all rows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from finine_app.components import reader
from finine_app.components.messages import plain
from finine_core import api
from finine_core.curation.derived import SUGGESTED_LABEL
from finine_core.runs.columns import BY_SUSPICION, SUSPICION
from finine_core.suspicion.signals import SIGNALS

HELP = (
    "The chance that this row's label is wrong, learned from errors that were planted in a copy of "
    "this data set; never above 92 %, since labels that look wrong can be disputed ones."
)
QUESTIONS = {one.name: one.question for one in SIGNALS}


def why(run: api.Run, line: dict[str, Any]) -> None:
    """The row's suspicion, and behind a click what it is made of."""
    chance = line.get(SUSPICION)
    if chance is None:
        return
    suggested, rate = line.get(SUGGESTED_LABEL) or "", (run.advice() or {}).get("hit_rate")
    said = f"Suspicion **{chance:.0f} %**"
    if suggested:
        said += f": it should rather be **{plain(suggested)}**"
        said += f" (of planted errors {100 * rate:.0f} % got their own label back)" if rate else ""
    st.markdown(f"{said}.", help=HELP)
    with st.expander("Why?", key="row_why", on_change="rerun") as opened:
        if opened.open:
            _signals(run, line)


def _signals(run: api.Run, line: dict[str, Any]) -> None:
    known = [name for name in QUESTIONS if line.get(name) is not None]
    asked = {name: f"{name} < {float(line[name])!r}" for name in known}
    below = reader.tally(run, BY_SUSPICION, asked)
    counted = reader.tally(run, BY_SUSPICION, {name: f"{name} IS NOT NULL" for name in known})
    for name in known:
        share = below[name] / max(1, counted[name])
        st.progress(share, text=f"{QUESTIONS[name]} More so than {int(100 * share)} % of all rows.")
