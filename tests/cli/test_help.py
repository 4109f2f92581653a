"""What the help lists by hand is what there is: starts are too light to ask the registries."""

from finine_core.cli.look_commands import ESTIMATOR_HELP
from finine_core.influence.estimators import ESTIMATORS


def test_the_help_names_every_estimator():
    for name in ESTIMATORS:
        assert name in ESTIMATOR_HELP, f"name {name} in cli/look_commands.py"
