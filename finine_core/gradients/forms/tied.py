"""Parameters that are used more than once: their uses' gradients add up before they are squared.

Uses of one kind join into one form (their positions, or their tokens, one after the other), so
cross terms come by themselves. Uses of different kinds (a table that embeds tokens and also gives
the output scores) are spelled out and added, for a few rows at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from finine_core.errors import FinineError
from finine_core.gradients.forms.base import Ask, Direction, Form, Part, Totals, slices, tile_rows
from finine_core.gradients.forms.dense import Dense
from finine_core.gradients.forms.outer import Outer
from finine_core.gradients.forms.scatter import Scatter

# Spelled-out gradients of a shared table are large and used for a GEMM each: larger tiles than
# those of a layer, but still few rows.
TIED_BYTES = 32 * 2**20


class Tied(Form):
    """The sum of several forms of the same parameters."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = tuple(forms)
        self.parts, self.rows = forms[0].parts, forms[0].rows

    def add(self, ask: Ask, totals: Totals) -> None:
        linear = Totals(along=totals.along, projected=totals.projected)
        for form in self.forms:  # products that are linear in g_i add up use by use
            form.add(Ask(directions=ask.directions, projector=ask.projector), linear)
        if totals.norms is None and totals.pairs is None:
            return
        numbers = sum(part.numel for part in self.parts)
        rows_at_once = tile_rows(numbers * totals_size(totals), TIED_BYTES)
        probe = ask.probe if isinstance(ask.probe, Tied) and totals.pairs is not None else None
        for rows in slices(self.rows, rows_at_once):
            mine = self.take(rows).spelled_out()
            part = Totals(
                norms=None if totals.norms is None else totals.norms[rows],
                pairs=None,
            )
            Dense(self.parts, mine).add(Ask(), part)
            for theirs in slices(probe.rows if probe is not None else 0, rows_at_once):
                assert probe is not None
                assert totals.pairs is not None
                totals.pairs[rows, theirs] += mine @ probe.take(theirs).spelled_out().T

    def summed(self) -> Direction:
        return added([form.summed() for form in self.forms])

    def take(self, rows: slice) -> Tied:
        return Tied([form.take(rows) for form in self.forms])

    def spelled_out(self) -> Tensor:
        return torch.stack([form.spelled_out() for form in self.forms]).sum(dim=0)

    @classmethod
    def joined(cls, forms: Sequence[Form]) -> Tied:
        some = [form.forms for form in forms if isinstance(form, Tied)]
        return Tied([uses[0].joined(uses) for uses in zip(*some, strict=True)])

    @property
    def held_bytes(self) -> int:
        return sum(form.held_bytes for form in self.forms)


def totals_size(totals: Totals) -> int:
    """Bytes of one number."""
    found = next(t for t in (totals.norms, totals.pairs) if t is not None)
    return found.element_size()


def added(directions: Sequence[Direction]) -> Direction:
    """The sum of directions, each of which may leave parameters out.

    Examples:
        >>> added([{"a": torch.ones(1)}, {"a": torch.ones(1), "b": torch.zeros(1)}])
        {'a': tensor([2.]), 'b': tensor([0.])}
    """
    total: Direction = {}
    for direction in directions:
        for name, value in direction.items():
            total[name] = total[name] + value if name in total else value
    return total


def combined(forms: Sequence[Form]) -> list[Form]:
    """Forms without a parameter in common, from those of all uses of all layers.

    Raises:
        FinineError: a parameter is used both whole and in parts.
    """
    uses: dict[str, int] = defaultdict(int)
    for form in forms:
        for part in form.parts:
            uses[part.key] += 1
    _refuse_overlaps([part for form in forms for part in form.parts])
    groups: dict[tuple[str, ...], list[Form]] = defaultdict(list)
    partners: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for form in forms:
        for part in form.parts:
            partners[part.key].add(form.key)
    for form in forms:
        # A weight that is shared while its bias is not (or the other way round): treat them apart.
        together = all(partners[part.key] == {form.key} for part in form.parts)
        if isinstance(form, Outer) and form.bias is not None and not together:
            bias = form.bias_gradients()
            assert bias is not None
            groups[bias.key].append(bias)
            form = form.without_bias()
        groups[form.key].append(form)
    return [_sum(group) for group in groups.values()]


def _sum(forms: list[Form]) -> Form:
    if len(forms) == 1:
        return forms[0]
    if all(isinstance(form, Outer) for form in forms):
        outers = [form for form in forms if isinstance(form, Outer)]
        first = outers[0].plain()
        alike = all(
            (o.transposed, o.shape.left, o.shape.right, o.shape.groups)
            == (first.transposed, first.shape.left, first.shape.right, first.shape.groups)
            for o in outers
        )
        if alike:
            for other in outers[1:]:
                first = first.beside(other.plain())
            return first
    if all(isinstance(form, Dense) for form in forms):
        values = [form.spelled_out() for form in forms]
        return Dense(forms[0].parts, torch.stack(values).sum(dim=0))
    scatters = [form for form in forms if isinstance(form, Scatter)]
    if len(scatters) == len(forms):
        return Scatter(
            scatters[0].parts[0],
            torch.cat([form.tokens for form in scatters], dim=1),
            torch.cat([form.delta for form in scatters], dim=1),
        )
    return Tied(forms)


def _refuse_overlaps(parts: Sequence[Part]) -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    whole: set[str] = set()
    for part in parts:
        keys[part.name].add(part.key)
        if part.stop is None:
            whole.add(part.name)
    for name in whole:
        if len(keys[name]) > 1:
            raise FinineError(
                f"Parameter '{name}' is used both whole and in parts ({sorted(keys[name])});"
                " its cross terms would be lost.",
                "Call that attention module in one way only, or leave the parameter out.",
            )
