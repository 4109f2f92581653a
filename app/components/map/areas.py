"""Which rows lie in the area that a person drew, and how is the area kept in the address?

Takes the corners of a lasso or a box; gives an `Area`, its short form, and the points inside it.
The short form is what counts: corners are rounded once, so that a link selects the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRID = 4095  # steps of the map's width and height: finer than a screen has pixels
MOST_CORNERS = 80  # a lasso has a corner for each move of the mouse; a link must stay short
POINTS_AT_ONCE = 20_000  # tested at a time against all corners


@dataclass(frozen=True)
class Area:
    """A polygon on one kind of map; corners in steps of the map's width and height."""

    kind: str
    corners: tuple[tuple[int, int], ...]

    def short(self) -> str:
        """The form for the address.

        Examples:
            >>> Area("pca", ((0, 0), (9, 0), (0, 9))).short()
            'pca_0.0_9.0_0.9'
        """
        return "_".join([self.kind, *(f"{x}.{y}" for x, y in self.corners)])


def area_of(text: str | None, kinds: Sequence[str]) -> Area | None:
    """The area of a short form; None when it is none of ours.

    Examples:
        >>> area_of("pca_0.0_9.0_0.9", ["pca"]).corners
        ((0, 0), (9, 0), (0, 9))
        >>> area_of("pca_0.0_9.x_1.1", ["pca"]), area_of("moon_0.0_1.0_0.1", ["pca"])
        (None, None)
    """
    kind, *parts = (text or "").split("_")
    pairs = [part.split(".") for part in parts]
    right = all(len(pair) == 2 and all(one.isdecimal() for one in pair) for pair in pairs)
    if kind not in kinds or not right or not 3 <= len(pairs) <= MOST_CORNERS:
        return None
    return Area(kind, tuple((min(int(x), GRID), min(int(y), GRID)) for x, y in pairs))


def drawn_area(
    kind: str, xs: Sequence[float], ys: Sequence[float], points: NDArray[np.number]
) -> Area | None:
    """The area that was drawn, on the grid over the points; None when it has no inside.

    Args:
        xs, ys: corners of a lasso, or two values each: opposite corners of a box.
        points: (n, 2) positions of all rows on that map.
    """
    if len(xs) == 2 and len(ys) == 2:
        xs, ys = [xs[0], xs[1], xs[1], xs[0]], [ys[0], ys[0], ys[1], ys[1]]
    low, size = frame_of(points)
    corners = np.rint((np.stack([xs, ys], axis=1) - low) / size * GRID).clip(0, GRID).astype(int)
    corners = corners[:: -(-len(corners) // MOST_CORNERS)]
    found = Area(kind, tuple((int(x), int(y)) for x, y in corners))
    return found if len(set(found.corners)) >= 3 else None


def corners_of(area: Area, points: NDArray[np.number]) -> NDArray[np.float64]:
    """The corners in the map's own units, shape (corners, 2)."""
    low, size = frame_of(points)
    return np.asarray(area.corners, dtype=np.float64) / GRID * size + low


def inside(points: NDArray[np.number], polygon: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which points lie inside a polygon, by the even-odd rule.

    Args:
        points: shape (n, 2).
        polygon: corners in order, shape (m, 2); it closes by itself.

    Examples:
        >>> square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
        >>> inside(np.array([[1.0, 1], [3, 1], [-1, 1]]), square)
        array([ True, False, False])
    """
    found = np.zeros(len(points), dtype=bool)
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    rise = np.where(y1 == y0, 1.0, y1 - y0)  # level sides are never crossed; no division by 0
    for start in range(0, len(near), POINTS_AT_ONCE):
        part = near[start : start + POINTS_AT_ONCE]
        x, y = points[part, 0, None].astype(np.float64), points[part, 1, None].astype(np.float64)
        # (points, sides): a ray to the right crosses the side
        crosses = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / rise + x0)
        found[part] = crosses.sum(axis=1) % 2 == 1
    return found


def frame_of(points: NDArray[np.number]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower left corner and size of what the grid spans: the points and a little around them."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    size = np.where(high > low, high - low, 1.0)
    return low - 0.1 * size, 1.2 * size
