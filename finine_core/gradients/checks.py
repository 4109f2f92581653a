"""Refuses what would make per-row gradients meaningless, naming the rows or layers at fault."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from finine_core.errors import FinineError
from finine_core.gradients.forms import Direction, Totals
from finine_core.gradients.ghost import GhostRows

ROWS_NAMED = 5  # in an error message; more would hide its sense


class FallbackWarning(UserWarning):
    """Some layers have no gradient rule, and are differentiated row by row."""


def require_eval_mode(model: nn.Module) -> None:
    """Refuse active dropout and batch statistics.

    Raises:
        FinineError: a module is in training mode, or a batch norm has no running statistics.
    """
    for name, layer in model.named_modules():
        if layer.training:
            raise FinineError(
                f"Per-row gradients need a model in eval mode, but '{name or 'the model'}'"
                f" ({type(layer).__name__}) is in training mode: dropout and batch statistics"
                " would make them depend on chance and on other rows.",
                "Call model.eval() first.",
            )
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is None:
            raise FinineError(
                f"Batch norm '{name}' has no running statistics and takes those of the batch, so a"
                " row's gradient depends on the others.",
                "Build it with track_running_stats=True.",
            )


def require_finite_losses(losses: Tensor, start: int) -> None:
    """Refuse losses that are not finite.

    Args:
        start: the first row's number.

    Raises:
        FinineError: names the rows.
    """
    _refuse(~torch.isfinite(losses.detach()), start, "The loss")


def require_finite_products(
    totals: Totals,
    mean: Direction | None,
    chunk: GhostRows,
    at: slice,
    probe: GhostRows | None = None,
) -> None:
    """Refuse products that are not finite.

    Args:
        probe: the rows of the pairs, which may be the ones at fault.

    Raises:
        FinineError: names the rows.
    """
    if probe is not None and totals.pairs is not None and not torch.isfinite(totals.pairs.sum()):
        _refuse(~torch.isfinite(probe.squared_norms()), 0, "The gradient", "probe rows")
    for what, values in (
        ("squared norm", totals.norms),
        ("product with the probes", totals.pairs),
        ("product with a direction", totals.along),
        ("projection", totals.projected),
    ):
        # The sum is finite whenever all are, and takes one pass without a mask.
        if values is not None and not torch.isfinite(values.sum()):
            bad = ~torch.isfinite(values.reshape(len(values), -1)).all(dim=1)
            _refuse(bad, at.start, f"The gradient's {what}")
    if mean is not None and not all(torch.isfinite(g.sum()) for g in mean.values()):
        _refuse(~torch.isfinite(chunk.squared_norms()), at.start, "The gradient")


def _refuse(bad: Tensor, start: int, what: str, whose: str = "rows") -> None:
    rows = (torch.nonzero(bad).flatten() + start).tolist()
    if rows:
        more = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
        raise FinineError(
            f"{what} is not finite for {whose} {rows[:ROWS_NAMED]}{more}.",
            "Look for extreme feature values in them, or lower the learning rate.",
        )
