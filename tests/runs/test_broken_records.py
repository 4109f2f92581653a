"""A run whose record is broken hides no other run, and is told in a sentence."""

import json
import shutil
from contextlib import suppress

import pytest

from finine_core import api
from finine_core.database import register_run
from finine_core.errors import FinineError
from finine_core.runs.advice import advice_words, copies_words, doubt_words
from finine_core.runs.record import check_record

WRONG = (0, -1, "x", [], {}, None, True, 1.5)


def places(content, path=()):
    """Every field of a record, two levels deep."""
    for name, value in content.items():
        yield (*path, name)
        if isinstance(value, dict) and not path:
            yield from places(value, (name,))


def with_value(content, path, value):
    """A copy of the record with another value at one place."""
    changed = json.loads(json.dumps(content))
    part = changed
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return changed


@pytest.fixture
def two_runs(own_run):
    """The home of a sound run, and a second one whose record a test may break."""
    sound = own_run.folder
    broken = sound.path.with_name("20200101-000000-broken-0000")
    shutil.copytree(sound.path, broken)
    register_run(own_run.home, broken.name, "broken", "2020-01-01T00:00:00+00:00")
    return own_run.home, sound.run_id, broken


def test_no_wrong_value_ends_in_anything_but_a_sentence(two_runs):
    home, sound, broken = two_runs
    record = json.loads((broken / "run.json").read_text())
    assert check_record(record) is record
    told, untold = 0, []
    for path in places(record):
        for value in WRONG:
            changed = with_value(record, path, value)
            (broken / "run.json").write_text(json.dumps(changed))
            lines = {line.run_id: line for line in api.lines(home)}
            assert lines[sound].problem == "", (path, value)
            assert broken.name in lines
            for look in (look_at, scores_of, plan_of):
                try:
                    look(home, broken.name)
                except FinineError:
                    told += 1
                except Exception as error:
                    untold.append(f"{path} = {value!r}: {look.__name__} raised {error!r}")
    assert told > 100
    assert not untold, "\n".join(untold)


def test_a_wrong_value_in_the_advice_is_told_in_a_sentence(two_runs):
    home, _, broken = two_runs
    record = json.loads((broken / "run.json").read_text())
    assert {"advice", "check"} <= record["results"].keys()
    about = [path for part in ("advice", "check") for path in below(record, ("results", part))]
    assert len(about) > 30
    told, untold = 0, []
    for path in about:
        for value in WRONG:
            (broken / "run.json").write_text(json.dumps(with_value(record, path, value)))
            try:
                run = api.open_run(broken.name, home)
                advice = run.advice()
                if advice:
                    assert advice_words(advice) + doubt_words(advice) + copies_words(advice)
                run.cautions()
            except FinineError:
                told += 1
            except Exception as error:
                untold.append(f"{path} = {value!r}: {error!r}")
    assert told > 100
    assert not untold, "\n".join(untold)


def below(content, path):
    """A place in a record, and every place within it."""
    found = content
    for name in path:
        found = found[name]
    yield path
    inner = found if isinstance(found, dict) else {}
    for name in inner:
        yield from below(content, (*path, name))


def look_at(home, run_id):
    run = api.open_run(run_id, home)
    return run.record(), run.targets


def scores_of(home, run_id):
    return api.open_run(run_id, home).scores(top=3)


def plan_of(home, run_id):
    run = api.open_run(run_id, home)
    run.mark(rows=[int(run.scores(top=1)["row_number"].iloc[0])])
    return run.export_plan()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "3", '"x"', "{}", '{"schema": 1}', "[" * 50_000, "\ufeff{}"]
)
def test_no_broken_file_hides_the_other_runs(two_runs, text):
    home, sound, broken = two_runs
    for name in ("run.json", "state.json"):
        kept = (broken / name).read_text()
        (broken / name).write_text(text, encoding="utf-8")
        lines = {line.run_id: line for line in api.lines(home)}
        assert lines[sound].problem == ""
        assert lines[broken.name].problem
        assert any(broken.name in str(one.where) for one in api.doctor(home).findings)
        with suppress(FinineError):  # what stands in the other file may do
            api.open_run(broken.name, home).scores()
        (broken / name).write_text(kept)
