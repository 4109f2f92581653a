"""How the tests look at a page: its widgets by key, its words, its tables."""

from __future__ import annotations

from finine_app.components.messages import APART
from finine_app.components.pressing import digest
from finine_sample_data import SAMPLES

FLIPS = SAMPLES["breast_cancer_flips"]
MIXED = "id,part,note,x,label\n" + "".join(
    f"{i},{'val' if i % 4 == 0 else 'train'},some words that go on {i},{i * 7 % 11}.5,"
    f"{'cat' if i % 2 else 'dog'}\n"
    for i in range(40)
)


def widget(kind, key):
    """The widget whose key begins with `key`: those about a file end in a mark of the file."""
    found = [one for one in kind if one.key and one.key.startswith(key)]
    assert found, f"no widget {key}: {[one.key for one in kind]}"
    return found[0]


def table(app, column):
    """The table that has a column of this name."""
    (found,) = [one.value for one in app.dataframe if column in one.value.columns]
    return found


def words(app):
    kinds = (
        app.title, app.header, app.subheader, app.markdown, app.caption, app.info, app.success,
        app.error, app.warning,
    )  # fmt: skip
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def metrics(app):
    return {one.label: one.value for one in app.metric}


def healthy(app):
    assert not app.exception, app.exception
    return app


def with_file(app, home, tmp_path, content, name="data.csv"):
    """The Data page with a file on this machine chosen by its path."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    page = app(home, "data").run()
    page.radio(key="data_source").set_value("A file on this machine").run()
    page.text_input(key="data_path").set_value(str(path)).run()
    return healthy(page), path


def button(page, key):
    """The button of that key; a button that is bound to a row has the row's number behind it."""
    found = [one for one in page.button if one.key == key or _bound(one.key, key)]
    assert len(found) == 1, f"{key}: {[one.key for one in page.button]}"
    return found[0]


def _bound(name, key):
    return bool(name) and name.startswith(f"{key}_") and name.removeprefix(f"{key}_").isdecimal()


def shown_row(page):
    """The row that the buttons are bound to."""
    return int(button(page, "mark_delete").key.removeprefix("mark_delete_"))


def selected(page):
    """The places in the table of ranked rows that are selected."""
    key = f"review_table_{digest(listed(page)['row_number'].tolist())}"
    return page.session_state[key]["selection"]["rows"]


def listed(page):
    """The table of ranked rows: the dataframe with ranks."""
    return next(one.value for one in page.dataframe if "rank" in one.value.columns)


def said(page):
    """All text of the page, as a person reads it."""
    return words(page).replace(APART, "").replace("\\", "")


def in_address(page, name):
    value = page.query_params[name]
    return value[0] if isinstance(value, list) else value


def ranked(run, target=None):
    """The rows as Review lists them: by suspicion, or by influence on a target."""
    by = "mu" if target else run.rankings[0].replace("self", "mu")
    return run.scores(target, by=by)["row_number"].tolist()
