"""Which part of the map does a person look at, so that a new drawing of it shows the same part?

A chart that changes is put up anew by Streamlit and would show everything again, and a chart tells
the server what was selected but not how far it was zoomed. A small script in the page therefore
looks, after each turn of the wheel or release of the mouse, which part is seen, and reports it.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from finine_app.components.map.chart import Window

_KEY, _KEPT = "map_window", "_map_windows"
# Events are taken from the document, for the chart in it comes and goes. A lasso is read by the
# server as soon as it is drawn: whatever was not yet reported is, when the mouse goes down.
_SCRIPT = """
const SETTLED_MS = 300;
export default function ({ data, setStateValue }) {
  let waiting = 0, last = JSON.stringify(data.window);
  const seen = () => {
    const layout = document.querySelector(".st-key-map_chart .js-plotly-plot")?.layout;
    const axes = [layout?.xaxis, layout?.yaxis];
    if (axes.some((axis) => !axis?.range || axis.autorange)) return null;
    return axes.flatMap((axis) => axis.range.map(Math.round));
  };
  const tell = () => {
    clearTimeout(waiting);
    waiting = 0;
    const now = seen(), words = JSON.stringify(now);
    if (words === last) return;
    last = words;
    setStateValue("seen", { map: data.map, window: now });
  };
  const later = (event) => {
    if (!event.target.closest?.(".st-key-map_chart")) return;
    clearTimeout(waiting);
    waiting = setTimeout(tell, SETTLED_MS);
  };
  const first = () => { if (waiting) tell(); };
  const acts = { wheel: later, mouseup: later, dblclick: later, mousedown: first };
  const how = { capture: true, passive: true };
  for (const [name, act] of Object.entries(acts)) document.addEventListener(name, act, how);
  return () => {
    clearTimeout(waiting);
    for (const [name, act] of Object.entries(acts)) document.removeEventListener(name, act, how);
  };
}
"""
_watcher = st.components.v2.component("finine_map_window", js=_SCRIPT)


def of_map(name: str) -> Window | None:
    """The part of a map that is looked at; None for all of it.

    Args:
        name: of the map: its run and kind.
    """
    kept: dict[str, Window] = st.session_state.get(_KEPT, {})
    return kept.get(name)


@st.fragment
def watch(name: str) -> None:
    """Report what part of the map is looked at; its reports run nothing else of the page."""
    window = of_map(name)
    _watcher(
        key=_KEY,
        data={"map": name, "window": None if window is None else list(window)},
        on_seen_change=keep,
    )


def keep() -> None:
    """Take the newest report."""
    told = st.session_state[_KEY].get("seen")
    if told:
        kept = dict(st.session_state.get(_KEPT, {}))
        window = checked(told.get("window"))
        kept.pop(str(told.get("map")), None)
        if window is not None:
            kept[str(told.get("map"))] = window
        st.session_state[_KEPT] = kept


def checked(told: Any) -> Window | None:
    """A reported window, if it is one.

    Examples:
        >>> checked([0, 10, 5, 20]), checked([0, 0, 5, 20]), checked([0, "x"]), checked(None)
        ((0.0, 10.0, 5.0, 20.0), None, None, None)
    """
    if not isinstance(told, list) or len(told) != 4:
        return None
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in told):
        return None
    left, right, low, high = map(float, told)
    return (left, right, low, high) if left < right and low < high else None
