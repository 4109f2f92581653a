"""The keywords of the Python API, the options of the command line and the stored config agree."""

import inspect
from dataclasses import fields
from typing import get_type_hints

import pytest

import finine_core as fi
from finine_core.api import Run
from finine_core.cli.common import fraction_or_text
from finine_core.cli.run_flags import DataFlags, RunFlags
from finine_core.cli.selection_flags import SelectionFlags
from finine_core.curation.selection import Selection, SelectionOptions
from finine_core.dataset import DataConfig, DataOptions
from finine_core.errors import FinineError
from finine_core.runs import RunConfig
from finine_core.runs.options import RunOptions

NOT_ASKED = {"code_folder"}  # a run finds out itself where named code lies
NAMED_ALONE = {"data", "label"}  # of every call, before the options


def defaults_of(config):
    fields_ = config.model_fields.items()
    return {name: one.default for name, one in fields_ if not one.is_required()}


def names(options: type) -> set[str]:
    return set(get_type_hints(options))


@pytest.mark.parametrize(
    ("options", "config", "flags"),
    [(DataOptions, DataConfig, DataFlags), (RunOptions, RunConfig, RunFlags)],
)
def test_keywords_stored_fields_and_flags_are_the_same_with_the_same_defaults(
    options, config, flags
):
    assert names(options) == set(config.model_fields) - NAMED_ALONE - NOT_ASKED
    called = {"target": "targets"}  # on a command line it is given once for each
    typed = {called.get(one.name, one.name): one.default for one in fields(flags)}
    assert set(typed) - NAMED_ALONE == names(options)
    for name, default in defaults_of(config).items():
        if name in NOT_ASKED:
            continue
        said = fraction_or_text(typed[name]) if name == "validation" else typed[name]
        assert said == default or (said is None and (name == "targets" or default == ())), name


def test_the_rows_of_a_run_are_chosen_by_the_same_words_everywhere():
    assert names(SelectionOptions) == {one.name for one in fields(Selection)}
    assert names(SelectionOptions) == {one.name for one in fields(SelectionFlags)}
    for kind in (Selection, SelectionFlags):
        assert all(one.default is None for one in fields(kind))
    for use in (Run.select, Run.mark, Run.group, Run.group_curve, Run.group_signals,
                Run.save_group, Run.write_rows):  # fmt: skip
        assert names(SelectionOptions) <= set(inspect.signature(use).parameters)


@pytest.mark.parametrize("config", [DataConfig, RunConfig])
def test_every_option_is_explained_with_its_default(config):
    words = " ".join(DataOptions.__doc__.split() + RunOptions.__doc__.split())
    for name, default in defaults_of(config).items():
        if name not in NOT_ASKED:
            explained = words.partition(f" {name}: ")[2].partition("[default: ")
            assert explained[0], name
            assert explained[2].startswith(f"{default!r}]"), name


def test_help_and_notebooks_see_every_keyword_of_the_front_door():
    for use, config in ((fi.check, DataConfig), (fi.run, RunConfig), (fi.api.plan, RunConfig)):
        told = inspect.signature(use).parameters
        for name, default in defaults_of(config).items():
            if name not in NOT_ASKED:
                assert told[name].default == default
                assert told[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert told["label"].default is inspect.Parameter.empty


def test_a_keyword_that_does_not_exist_is_answered_with_the_one_that_was_meant(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "1,a\n2,b\n" * 10)
    with pytest.raises(FinineError, match=r"no option 'epoch'\. Did you mean 'epochs'"):
        fi.run(path, label="y", home=tmp_path, epoch=3)
    with pytest.raises(FinineError, match=r"no option 'feature'\. Did you mean 'features'"):
        fi.check(path, label="y", feature=["x"])
    with pytest.raises(FinineError, match=r"no option 'tpo'\. Did you mean 'top'"):
        Selection.of({"tpo": 3})
