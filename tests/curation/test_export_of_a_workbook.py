"""An Excel workbook through the whole house: run, marks, export, and the manifest applied again."""

import openpyxl

from finine_core import api
from tests.trained import trained


def column(path, letter):
    return [cell.value for cell in openpyxl.load_workbook(path).active[letter]]


def test_a_workbook_is_exported_and_rebuilt_from_its_manifest(tmp_path):
    data, book = tmp_path / "a.xlsx", openpyxl.Workbook()
    book.active.append(["x", "z", "label"])
    for row in range(60):
        book.active.append([row * 37 % 101 / 7, row * 53 % 89, "ab"[row % 2]])
    book.save(data)
    run = trained(data, label="label", home=tmp_path / "home", epochs=2)
    gone, wrong = (int(row) for row in run.scores(top=2)["row_number"])
    run.mark(rows=[gone], decision="delete", reason="wrong label", reviewer="ada")
    new = "ab"[1 - wrong % 2]
    run.mark(rows=[wrong], decision="relabel", label=new, reason="wrong label", reviewer="ada")
    found = run.export(tmp_path / "out", spreadsheet_safe=True)

    labels = ["label", *("ab"[row % 2] for row in range(60))]
    labels[1 + wrong] = new
    del labels[1 + gone]
    assert column(found.cleaned, "C") == labels
    assert column(found.removed, "C") == ["label", "ab"[gone % 2]]
    assert found.spreadsheet.read_text(encoding="utf-8-sig").count("\n") == 60
    api.apply(found.manifest, data, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == found.cleaned.read_bytes()
    assert run.write_rows(tmp_path / "some.xlsx", rows=[gone]) == 1
