"""Calls that mypy must take, and calls that it must refuse; `make lint` asks it.

Every line that is marked is wrong: where mypy no longer said so, the mark would be called unused.
"""

import finine_core as fi


def right(run: fi.Run) -> None:
    fi.check("rows.csv", label="y", text=["t"], validation=0.2)
    fi.run("rows.csv", label=["a", "b"], epochs=3, optimizer="adam", model=len)
    run.mark(top=20, decision="delete")
    run.group(where="mu > 2", refill=False)


def wrong(run: fi.Run) -> None:
    fi.check("rows.csv", label="y", seed="one")  # type: ignore[arg-type]
    fi.check("rows.csv", label="y", epochs=3)  # type: ignore[call-arg]
    fi.run("rows.csv", label="y", epoch=3)  # type: ignore[call-arg]
    fi.run("rows.csv", label="y", optimizer="adamw")  # type: ignore[arg-type]
    fi.run("rows.csv")  # type: ignore[call-arg]
    run.mark(top="20")  # type: ignore[arg-type]
    run.group(first=20)  # type: ignore[call-arg]
