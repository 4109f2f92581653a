"""What is on disk can be opened without running anybody's code."""

from __future__ import annotations

import ast
import pickletools
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS_CODE = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
KNOWN = {"", ".parquet", ".safetensors", ".json", ".jsonl", ".txt", ".npy", ".db", ".f32", ".bin"}


def is_pickle(content: bytes) -> bool:
    """Whether a file is a pickle: its first bytes say so, or it reads as one to its end."""
    if content[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return True
    try:
        return any(code.name == "STOP" for code, _, _ in pickletools.genops(content[:100_000]))
    except Exception:  # not a pickle, in one of many ways
        return False


def test_nothing_in_a_home_is_a_pickle_and_no_code_of_ours_reads_one(finished_run):
    files = [path for path in finished_run.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".safetensors" for path in files)
    for path in files:
        assert not is_pickle(path.read_bytes()), path
    for path in [*(ROOT / "finine_core").rglob("*.py"), *(ROOT / "app").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & RUNS_CODE, path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) != ("torch", "load"), path


def test_a_pickle_would_be_found():
    import pickle

    for protocol in range(6):
        assert is_pickle(pickle.dumps({"a": [1, 2]}, protocol=protocol))
    assert not is_pickle(b'{"a": 1}\n')
