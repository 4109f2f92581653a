"""Bad inputs: column names that are empty, doubled, hostile, or already taken."""

from __future__ import annotations

from benchmarks.reliability.bad_inputs.case import Case, accepted, healthy, refused, written

SCORES = ("mu", "rank", "row_number", "decision", "target", "row_id", "predicted", "mean_loss")


def named(*names: str, label: str = "label") -> str:
    """A CSV file with columns of these names, all numbers, and a label."""
    header = ",".join('"' + name.replace('"', '""') + '"' for name in (*names, label))
    lines = [
        ",".join([*(f"{i * (k + 3) % 17}.5" for k in range(len(names))), "ab"[i % 2]])
        for i in range(20)
    ]
    return "\n".join([header, *lines]) + "\n"


def odd_name(words: str, name: str) -> Case:
    """A column of such a name is learned from like any other."""
    return accepted(f"a column name {words}", written(named(name, "z")))


CASES = [
    refused("an empty column name", written(named("", "x")), "column 1 of 3 has no name"),
    refused("a column name of spaces", written(named("x", "  ")), "column 2 of 3 has no name"),
    refused("a column name twice", written(named("x", "x")), "'x' is used 2 times"),
    refused("the label twice", written(named("label", "x")), "'label' is used 2 times"),
    refused(
        "no header: numbers in line 1",
        written("\n".join(healthy())),
        "no column 'label'",
        page=False,
    ),
    accepted("names equal but for case", written(named("Age", "age", "AGE"))),
    accepted("names with spaces around", written(named(" x ", "x"))),
    odd_name("with a line break", "one\ntwo"),
    odd_name("with quotes", 'say "hi"'),
    odd_name("with apostrophes", "it's"),
    odd_name("with backticks and markdown", "`a` **b** $c$ [d](e) <f>"),
    odd_name("with SQL", 'x"; DROP TABLE runs; --'),
    odd_name("with a comma", "a, b"),
    odd_name("with an ANSI escape", "\x1b[31mred\x1b[0m"),
    odd_name("of emoji", "🤖👩‍🔬"),
    odd_name("of right-to-left text", "اسم \u202eevil\u202c"),
    odd_name("of zero-width signs", "a\u200b\u2060b"),
    odd_name("like a formula", "=1+1"),
    odd_name("like a path", "../../etc/passwd"),
    odd_name("of 10,000 letters", "long" * 2500),
    odd_name("like a number", "42"),
    *(odd_name(f"that scores have, too: {name}", name) for name in SCORES),
    refused(
        "a missing label among hostile names",
        written(named("\x1b[31mred\x1b[0m", "a\nb", "q" * 5000, label="klass")),
        "There is no column 'label'",
        "'\\x1b[31mred\\x1b[0m'",
        "'a\\nb'",
        page=False,
    ),
]
