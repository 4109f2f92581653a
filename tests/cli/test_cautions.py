"""What speaks against a model is said before rows are decided on by its ranking."""

from typer.testing import CliRunner

from finine_core.cli import cli
from tests.trained import nothing_learned


def test_a_caution_is_said_with_many_rows_at_the_look_and_at_the_mark(tmp_path):
    run = nothing_learned(tmp_path, rows=400)
    (caution,) = run.cautions()
    note = f"Note: {caution.words}"

    def mark(*arguments):
        given = ["mark", run.run_id, *arguments, "--home", str(run.home)]
        done = CliRunner().invoke(cli, given)
        assert done.exit_code == 0, done.output
        return " ".join(done.stderr.split())

    assert note in mark("--as", "delete", "--top", "20", "--dry-run")
    assert run.log.events() == []
    assert note in mark("--as", "delete", "--top", "20")
    assert run.log.counts()["delete"] == 20
    assert note in mark("--as", "relabel", "--label", "yes", "--where", "x0 > 2")
    for arguments in (("--as", "keep", "--top", "20"), ("--as", "delete", "--rows", "3")):
        assert "Note:" not in mark(*arguments)
    undone = CliRunner().invoke(cli, ["undo", run.run_id, "--home", str(run.home)])
    assert undone.exit_code == 0
    assert run.log.current().num_rows > 0
