"""Which form is cheaper for a layer: counts of multiplications, from shapes alone.

A row's weight gradient is G_i = Σ_t l_it r_itᵀ (p × q, over T positions). *Gram* products never
write G_i down: ⟨G_i, G_j⟩ = Σ_tt' (l_it·l_jt')(r_it·r_jt'). *Instantiated* ones spell G_i out, tile
by tile; that is paid once and then serves norms, pairs and directions together.
"""

from __future__ import annotations

from dataclasses import dataclass

# A number that is only moved (multiplied elementwise, summed) takes about as long as this many
# multiplications inside a GEMM: a CPU core reads a float from cache at 1/10 to 1/20 of the rate at
# which it multiplies and adds.
MOVE = 16


@dataclass(frozen=True)
class Shape:
    """Sizes of one form: n rows, T positions, p × q numbers per group, G groups."""

    rows: int
    positions: int
    left: int
    right: int
    groups: int = 1

    @property
    def numbers(self) -> int:
        return self.left * self.right * self.groups

    def __str__(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        return f"{self.rows} rows, {self.positions} positions, {self.left} × {self.right}{groups}"


def operations(
    mine: Shape, norms: bool, probe: Shape | None, directions: int, probe_ready: bool = False
) -> dict[str, dict[str, float]]:
    """Counts of each wanted product by either form; 'spelling out' is shared by all instantiated.

    Args:
        mine: the rows of this chunk.
        norms: whether squared norms are wanted.
        probe: the rows to pair with, if pairs are wanted.
        directions: how many directions.
        probe_ready: the probe's gradients are spelled out already.

    Examples:
        >>> counts = operations(Shape(8, 4, 10, 10), True, None, 0)
        >>> counts["norms"]["Gram"] < counts["norms"]["instantiated"]
        True
    """
    n, t, p, q, groups = mine.rows, mine.positions, mine.left, mine.right, mine.groups
    counts: dict[str, dict[str, float]] = {
        "spelling out": {"instantiated": n * t * mine.numbers + MOVE * n * mine.numbers}
    }
    if norms:
        counts["norms"] = {
            "Gram": groups * n * t * t * (p + q + MOVE),
            "instantiated": MOVE * n * mine.numbers,
        }
    if probe is not None:
        m, s = probe.rows, probe.positions
        spell_probe = 0 if probe_ready else m * s * mine.numbers
        counts["pairs"] = {
            "Gram": groups * n * m * t * s * (p + q + MOVE),
            "instantiated": n * m * mine.numbers + spell_probe,
        }
    if directions:
        counts["along"] = {
            "Gram": directions * n * t * (mine.numbers + MOVE * p * groups),
            "instantiated": MOVE * n * mine.numbers + directions * n * mine.numbers,
        }
    return counts


def instantiated_products(counts: dict[str, dict[str, float]]) -> frozenset[str]:
    """The products that are cheaper with gradients spelled out, when spelling out pays at all.

    Examples:
        >>> sorted(instantiated_products(operations(Shape(64, 100, 8, 9), True, None, 2)))
        ['along', 'norms']
        >>> sorted(instantiated_products(operations(Shape(64, 2, 500, 500), True, None, 0)))
        []
    """
    products = [name for name in counts if name != "spelling out"]
    chosen = [name for name in products if counts[name]["instantiated"] < counts[name]["Gram"]]
    saved = sum(counts[name]["Gram"] - counts[name]["instantiated"] for name in chosen)
    return frozenset(chosen) if saved > counts["spelling out"]["instantiated"] else frozenset()
