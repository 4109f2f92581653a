"""Estimators of μ from recorded signals: add a file, then its line here."""

from __future__ import annotations

from finine_core.errors import known
from finine_core.influence.estimators.base import Estimator
from finine_core.influence.estimators.carried import Carried
from finine_core.influence.estimators.gaussian import Gaussian

ESTIMATORS: dict[str, Estimator] = {one.name: one for one in (Carried(), Gaussian())}


def default_estimator(carried: bool) -> Estimator:
    """`carried` where signals were carried to the end of the run (with SGD), else `gaussian`.

    Examples:
        >>> default_estimator(carried=False).name
        'gaussian'
    """
    return ESTIMATORS["carried" if carried else "gaussian"]


def estimator(name: str) -> Estimator:
    """The registered estimator called `name`.

    Raises:
        FinineError: no such estimator; the known ones are named.

    Examples:
        >>> estimator("gaussian").name
        'gaussian'
    """
    return known("estimator", name, ESTIMATORS)


__all__ = ["ESTIMATORS", "Estimator", "default_estimator", "estimator"]
