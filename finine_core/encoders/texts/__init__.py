"""How texts become numbers: add a file, then its line here.

`text_encoder` takes a registered name, or the path of a folder with a transformer model.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.encoders.texts.base import TextEncoder, Watch, watch_nothing
from finine_core.encoders.texts.minilm import minilm
from finine_core.encoders.texts.tfidf import TFIDF
from finine_core.encoders.texts.transformer import Transformer
from finine_core.errors import FinineError

TEXT_ENCODERS: dict[str, TextEncoder] = {one.name: one for one in (TFIDF, minilm())}


def text_encoder(name: str, cache: Path | None = None) -> TextEncoder:
    """The encoder called `name`, or that of the model in the folder `name`.

    Args:
        cache: where encoders that embed each text for itself keep what they have embedded.

    Raises:
        FinineError: there is neither; the known names are told.

    Examples:
        >>> text_encoder("tfidf").name
        'tfidf'
        >>> text_encoder("word2vec")
        Traceback (most recent call last):
        finine_core.errors.FinineError: There is no text encoder and no folder 'word2vec'. \
Known: tfidf, minilm; or the folder of a transformer model.
    """
    found = TEXT_ENCODERS.get(name)
    if found is None:
        if not Path(name).is_dir():
            raise FinineError(
                f"There is no text encoder and no folder '{name}'.",
                f"Known: {', '.join(TEXT_ENCODERS)}; or the folder of a transformer model.",
            )
        found = Transformer(name, Path(name))
    return found.kept_in(cache) if isinstance(found, Transformer) else found


__all__ = [
    "TEXT_ENCODERS",
    "TextEncoder",
    "Watch",
    "text_encoder",
    "watch_nothing",
]
