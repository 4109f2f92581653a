"""From scores to a cleaned file: browse the ranked rows, decide, export, and repeat it elsewhere.

`review` reads the ranked table, `decisions` keeps the append-only log of marks, `export` writes
the cleaned file with a manifest, and `apply` rebuilds that file from the manifest alone.
"""
