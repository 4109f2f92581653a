"""What a kill leaves half done is finished by the next start; what is in the way is told."""

import shutil
import sqlite3

import pytest

from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.database import DATABASE_NAME, open_database, run_entries
from finine_core.database.replacing import READY
from finine_core.errors import FinineError
from finine_core.runs.unfinished import DELETED_PREFIX, NEW_PREFIX, hidden_folder


def test_a_deletion_that_was_killed_is_carried_to_its_end_by_the_next_list(own_run):
    own_run.mark(top=3)
    own_run.trash()
    path = own_run.folder.path
    path.rename(path.with_name(f"{DELETED_PREFIX}{path.name}"))
    assert api.lines(own_run.home) == []
    assert list(path.parent.iterdir()) == []
    assert run_entries(own_run.home, trashed=True) == []
    assert api.doctor(own_run.home).findings == ()
    assert len(DecisionLog(own_run.home, own_run.run_id).events()) == 1


def test_a_run_put_back_from_a_copy_meanwhile_stays(own_run):
    path = own_run.folder.path
    shutil.copytree(path, path.with_name(f"{DELETED_PREFIX}{path.name}"))
    assert [one.run_id for one in api.runs(own_run.home)] == [own_run.run_id]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_run_that_was_listed_and_not_yet_shown_appears(own_run):
    path, hidden = own_run.folder.path, hidden_folder(own_run.folder).path
    path.rename(hidden)
    stray = path.with_name(f"{NEW_PREFIX}20260101-000000-never-0000")
    stray.mkdir()
    assert [one.run_id for one in api.runs(own_run.home)] == [own_run.run_id]
    assert stray.exists(), "nobody knows yet whether its writer lives"


def test_a_run_folder_that_is_a_link_is_deleted_and_what_it_leads_to_stays(own_run, tmp_path):
    path = own_run.folder.path
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    names = sorted(one.name for one in elsewhere.iterdir())
    own_run.trash()
    own_run.delete()
    assert list(path.parent.iterdir()) == []
    assert sorted(one.name for one in elsewhere.iterdir()) == names
    assert api.runs(own_run.home, trashed=True) == []


def test_a_run_in_the_trash_whose_folder_is_gone_can_be_deleted_and_not_restored(own_run):
    own_run.trash()
    shutil.rmtree(own_run.folder.path)
    (told,) = api.doctor(own_run.home).findings
    assert f"finine delete {own_run.run_id}" in told.mend
    gone = api.open_run(own_run.run_id, own_run.home, trashed=True)
    with pytest.raises(FinineError, match=r"is gone.*finine delete"):
        gone.restore()
    gone.delete()
    assert api.doctor(own_run.home).findings == ()


def test_a_repair_that_was_killed_is_carried_to_its_end_by_whoever_opens_the_home(own_run):
    own_run.mark(top=3)
    home = own_run.home
    ready = home / READY
    ready.mkdir()
    shutil.copy2(home / DATABASE_NAME, ready / DATABASE_NAME)
    (ready / f"{DATABASE_NAME}.damaged-1").write_bytes(b"was here before")
    (home / DATABASE_NAME).write_bytes(b"torn" * 2000)
    (home / f"{DATABASE_NAME}-wal").write_bytes(b"of the torn one")
    assert api.open_run(own_run.run_id, home).log.counts()["delete"] == 3
    assert not ready.exists()
    assert (home / f"{DATABASE_NAME}.damaged-1").read_bytes() == b"was here before"
    assert api.doctor(home).findings == ()


def test_the_doctor_finishes_such_a_repair_and_says_so(own_run):
    ready = own_run.home / READY
    ready.mkdir()
    (own_run.home / DATABASE_NAME).rename(ready / DATABASE_NAME)
    (told,) = api.doctor(own_run.home).findings
    assert (told.mended, told.check) == (True, "database")
    assert api.doctor(own_run.home).findings == ()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (-5, "its schema version is -5, and there is none below 0"),
        (0, "it says schema version 0, but has"),
        (1, "it says schema version 1, but has group_rows of a later one"),
    ],
)
def test_a_database_of_an_impossible_version_is_told_and_its_marks_are_saved(
    own_run, version, said
):
    own_run.mark(top=3)
    home = own_run.home
    with sqlite3.connect(home / DATABASE_NAME) as database:
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    other = home.with_name("copied")  # a process looks at a file once
    shutil.copytree(home, other)
    with pytest.raises(FinineError, match=f"is damaged: {said}.*finine doctor --repair"):
        api.runs(other)
    (told,) = api.doctor(other).findings
    assert said in told.problem
    assert api.doctor(other, repair=True).left == ()
    assert api.open_run(own_run.run_id, other).log.counts()["delete"] == 3


def test_a_version_whose_tables_lack_something_is_told(tmp_path):
    with open_database(tmp_path):
        pass
    with sqlite3.connect(tmp_path / DATABASE_NAME) as database:
        database.execute("ALTER TABLE groups DROP COLUMN selection")
    database.close()
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy2(tmp_path / DATABASE_NAME, other)
    with (
        pytest.raises(FinineError, match="says schema version 2, but groups has no selection"),
        open_database(other),
    ):
        pass


def test_a_home_that_is_a_file_is_told_by_every_command_and_the_app(tmp_path, app):
    from typer.testing import CliRunner

    from finine_core.cli import cli

    home = tmp_path / "home"
    home.write_text("")
    for command in (["runs"], ["scores", "latest"], ["delete", "latest"], ["app"], ["doctor"]):
        found = CliRunner().invoke(cli, [*command, "--home", str(home)])
        assert isinstance(found.exception, FinineError), command
        assert "is a file, not a folder" in str(found.exception)
    opened = app(home).run()
    assert any("is a file, not a folder" in one.value for one in opened.error)
    assert not opened.exception
