"""Roles: suggestions can be overruled, and every error names the column."""

import pyarrow as pa
import pytest
from pydantic import ValidationError

from finine_core.dataset import Columns, Roles, resolve_roles, suggest_roles
from finine_core.errors import FinineError

N = 40
TABLE = pa.table(
    {
        "code": [f"A{i}" for i in range(N)],
        "review": [f"this is review number {i} of a film" for i in range(N)],
        "city": ["Paris", "Rome", "Oslo", "New York"] * (N // 4),
        "age": [float(i % 9) for i in range(N)],
        "member": [True, False] * (N // 2),
        "constant": ["x"] * N,
        "empty": pa.nulls(N, pa.string()),
        "subset": ["train", "train", "train", "TEST"] * (N // 4),
        "true_label": ["p", "q"] * (N // 2),
        "user_id": [i % 5 for i in range(N)],
        "picture": [b"x"] * N,
        "stars": [1, 2] * (N // 2),
    }
)


def test_suggestions_cover_every_column_with_a_reason():
    suggestions = suggest_roles(TABLE, "stars")
    assert {s.column: s.role for s in suggestions} == {
        "code": "id",
        "review": "text",
        "city": "feature",
        "age": "feature",
        "member": "feature",
        "constant": "ignore",
        "empty": "ignore",
        "subset": "split",
        "true_label": "ignore",
        "user_id": "ignore",
        "picture": "ignore",
        "stars": "label",
    }
    assert all(s.reason for s in suggestions)


def test_a_label_is_guessed_from_its_name_or_its_few_values():
    by_name = pa.table({"label": ["a", "b", "a", "b"], "z": ["p", "p", "q", "q"]})
    assert next(s.role for s in suggest_roles(by_name)) == "label"
    numbers = pa.table({"sex": [0, 1] * 20, "z": [k / 7 for k in range(40)]})
    assert [s.role for s in suggest_roles(numbers)] == ["feature", "label"]
    counted = numbers.append_column("row", pa.array(range(40)))
    assert {s.column: s.role for s in suggest_roles(counted)}["sex"] == "label"
    named = pa.table({"target": [k / 7 for k in range(40)], "z": [0, 1] * 20})
    assert next(s.role for s in suggest_roles(named)) == "label"
    by_values = {s.column: s.role for s in suggest_roles(TABLE)}
    assert by_values["stars"] == "label"


def test_short_unique_text_columns_named_text_are_text():
    table = pa.table({"text": ["good", "bad", "fine", "poor"], "label": [1, 0, 1, 0]})
    assert suggest_roles(table, "label")[0].role == "text"


def test_without_inputs_suggestions_fill_in_and_a_split_column_is_never_an_input():
    roles = resolve_roles(TABLE, Columns(label="stars"))
    assert roles.text == ("review",)
    assert roles.features == ("city", "age", "member")
    assert roles.id == "code"
    assert "subset" in roles.ignore
    assert roles.split is None


def test_what_the_person_gave_wins():
    roles = resolve_roles(TABLE, Columns(label="stars", id="review", ignore=["city"]), "subset")
    assert (roles.id, roles.split) == ("review", "subset")
    assert {"city", "code"} <= set(roles.ignore)
    assert roles.features == ("age", "member")


def test_with_inputs_the_other_columns_are_ignored():
    roles = resolve_roles(TABLE, Columns(label="stars", features=("member", "age")))
    assert roles.features == ("member", "age")
    every = {roles.label, *roles.inputs, *roles.ignore}
    assert every == set(TABLE.column_names)


@pytest.mark.parametrize("role", ["text", "features", "ignore", "id", "split"])
def test_a_column_that_does_not_exist_gets_a_guess_and_the_list(role):
    split = "Citty" if role == "split" else None
    named = Columns(label="stars") if split else Columns(label="stars", **{role: "Citty"})
    with pytest.raises(FinineError, match=r"'Citty'. Did you mean 'city'\? Columns: 'code'"):
        resolve_roles(TABLE, named, split)


def test_a_column_in_two_roles_is_refused():
    with pytest.raises(FinineError, match="'stars' is named twice: as label and as features"):
        resolve_roles(TABLE, Columns(label="stars", features=("stars",)))
    with pytest.raises(FinineError, match="'age' is named twice: as features and as features"):
        resolve_roles(TABLE, Columns(label="stars", features=("age", "age")))


def test_binary_columns_cannot_be_inputs():
    with pytest.raises(FinineError, match="'picture' holds binary values"):
        resolve_roles(TABLE, Columns(label="stars", features=("picture",)))


def test_no_column_to_learn_from_is_refused_with_reasons():
    with pytest.raises(FinineError, match="'constant' \\(every row has the same value\\)"):
        resolve_roles(TABLE.select(["constant", "stars"]), Columns(label="stars"))


def test_one_bare_name_is_one_column():
    assert resolve_roles(TABLE, Columns(label="stars", text="review")).text == ("review",)


def test_roles_are_frozen_and_know_no_other_fields():
    with pytest.raises(ValidationError):
        Roles(label="a", weight="b")
    with pytest.raises(ValidationError):
        Roles(label="a").label = "b"
