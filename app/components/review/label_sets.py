"""Which of a row's labels does the model doubt? Of labels that may hold together, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from finine_app.components import reader
from finine_app.components.messages import plain, show_problem
from finine_core import api
from finine_core.errors import FinineError


def verdict(run: api.Run, line: dict[str, Any]) -> None:
    """The row's set of labels, and those that the model says otherwise of, the surest first."""
    try:
        found = reader.prediction(run, int(line["row_number"]))
    except FinineError as error:
        show_problem(error)
        return
    doubts = doubts_of(found)
    label = f"Labels **{plain(line['label'])}**."
    if doubts.empty:
        st.markdown(f"{label} The model agrees with each of them. {_least_sure(found)}")
        return
    st.markdown(f"{label} The model predicts **{plain(line['predicted'])}** instead.")
    told = zip(doubts["class"], doubts["given"], doubts["probability"], strict=True)
    st.markdown("\n".join(f"- {_doubt_words(*one)}" for one in told))


def doubts_of(found: pd.DataFrame) -> pd.DataFrame:
    """The labels whose likelier answer is not the one given, with the probability of the given one.

    Args:
        found: class, probability and given of each label, `Run.prediction`.

    Examples:
        >>> found = pd.DataFrame({"class": ["rude", "loud"], "probability": [0.1, 0.2],
        ...     "given": [True, False]})
        >>> doubts_of(found)[["class", "of_given"]].to_dict("records")
        [{'class': 'rude', 'of_given': 0.1}]
    """
    said = _with_given(found)
    return said[said["of_given"] < 0.5].sort_values("of_given")


def _with_given(found: pd.DataFrame) -> pd.DataFrame:
    chance = found["probability"]
    return found.assign(of_given=chance.where(found["given"].astype(bool), 1 - chance))


def _doubt_words(name: str, given: bool, probability: float) -> str:
    has = "has" if given else "lacks"
    return f"The row {has} **{plain(name)}**, to which the model gives {probability:.0%}."


def _least_sure(found: pd.DataFrame) -> str:
    said = _with_given(found).sort_values("of_given").iloc[0]
    return f"It is least sure of {plain(said['class'])} ({said['probability']:.0%})."
