"""Colours and shapes, chosen so that no meaning hangs on colour alone.

Categories: Okabe–Ito, told apart with the common colour-vision deficiencies; magnitude: Cividis;
signed μ: blue (helps) to orange (hurts).
"""

from __future__ import annotations

OKABE_ITO = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00",
    "#56B4E9", "#F0E442", "#000000", "#7F7F7F", "#882255",
)  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")
HELPS, HURTS = "#0072B2", "#D55E00"
MAGNITUDE = "Cividis"
# Decisions carry a word and a sign beside their colour.
DECISION_SIGN = {"delete": "🗑 delete", "keep": "✓ keep", "review": "? review", "": ""}
