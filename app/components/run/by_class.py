"""How good is the model, each class counting alike, and beside simple ones? On the Run page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st


def show_by_class(check: Mapping[str, Any] | None, classes: int) -> None:
    """Two tables: this model beside simple ones, and the recall of each class.

    Args:
        check: of run.json; None where there are no classes, or no held-out rows.
        classes: how many there are.
    """
    if not check:
        return
    with st.expander("How good is the model, class by class?", icon=":material/balance:"):
        lines = _lines(check, classes)
        st.dataframe(
            pd.DataFrame(lines),
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="percent")
                for name in ("accuracy", "balanced accuracy")
            },
            alt="; ".join(f"{one['on held-out rows']} {one['accuracy']:.0%}" for one in lines),
        )
        st.caption("On all held-out rows, by the labels they have.")
        if check["recall"]:
            st.dataframe(
                pd.DataFrame({"class": list(check["recall"]), "recall": check["recall"].values()}),
                hide_index=True,
                column_config={
                    "recall": st.column_config.ProgressColumn(
                        "rows of it that are predicted so",
                        format="percent",
                        min_value=0.0,
                        max_value=1.0,
                    )
                },
                alt="; ".join(f"{name} {share:.0%}" for name, share in check["recall"].items()),
            )
            st.caption(f"On the {check['rows']:,} held-out rows whose own label is not doubted.")


def _lines(check: Mapping[str, Any], classes: int) -> list[dict[str, Any]]:
    """This model, a simple one, and the simplest.

    Examples:
        >>> one = {"accuracy": 0.9, "balanced_accuracy": 0.8, "auc": 0.95}
        >>> check = {"given": one, "probe": one, "majority": 0.7}
        >>> [line["accuracy"] for line in _lines(check, 2)]
        [0.9, 0.9, 0.7]
    """
    named = (
        ("this model", check["given"]),
        ("a simple model that saw none of them", check["probe"]),
    )
    lines = [
        {
            "on held-out rows": words,
            "accuracy": one["accuracy"],
            "balanced accuracy": one["balanced_accuracy"],
            "AUC": one.get("auc"),
        }
        for words, one in named
    ]
    most = {"on held-out rows": "always the most frequent class", "accuracy": check["majority"]}
    return [*lines, {**most, "balanced accuracy": 1 / classes, "AUC": 0.5}]
