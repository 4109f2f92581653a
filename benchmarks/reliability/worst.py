"""Which conditions take the most memory or time that somebody could think of?

`WORST` maps what a condition tries to texts that may be asked: none is forbidden, all are meant to
fill the memory or to compute for ever. Used by `conditions.py` and by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable

MANY = 400


def _all(form: str, values: Iterable[int]) -> str:
    """A disjunction of one form, with each of the values in it."""
    return " OR ".join(form.replace("{}", str(one)) for one in values)


def _within(form: str, depth: int, inner: str = "text") -> str:
    """A form in itself, so many times."""
    for _ in range(depth):
        inner = form.replace("{}", inner)
    return inner


_LETTERS = "string_split(text, '')"

WORST: dict[str, list[str]] = {
    "copy the text often": [
        *[_all(f"length({name}(text[{{}}:])) < 0", range(1, MANY)) for name in
          ("lower", "upper", "reverse", "strip_accents", "trim", "nfc_normalize", "md5", "sha256")],
        *[f"length({' || '.join(['text'] * n)}) < 0" for n in (7, 20, 45)],
        *[f"length({' || '.join([part] * 45)}) < 0" for part in
          ("upper(text)", "reverse(text)", "hex(text)", "(text || text || text || text)")],
        *[f"length(concat({', '.join(['text'] * n)})) < 0" for n in (50, 500, 4_000)],
        *[f"length(concat_ws(text, {', '.join(['text'] * n)})) < 0" for n in (50, 500)],
        *[f"'x' IN ({', '.join(f'{name}(text[1:{k}])' for k in range(MANY))})" for name in
          ("lower", "upper", "reverse", "trim", "strip_accents", "hex")],
        f"coalesce({', '.join(f'nullif(lower(text[{k}:]), text)' for k in range(MANY))}) = ''",
        "CASE " + "".join(f"WHEN lower(text[{k}:]) = 'x' THEN upper(text) = 'y' "
                          for k in range(MANY)) + "END",
        f"greatest({', '.join(f'lower(text[{k}:])' for k in range(MANY))}) = 'x'",
        f"least({', '.join(f'upper(text[{k}:])' for k in range(MANY))}) = 'x'",
        " AND ".join(f"length(text::BLOB::VARCHAR || '{k}') > 0" for k in range(MANY)),
        " AND ".join(f"length(translate(text, 'a', 'b') || '{k}') > 0" for k in range(MANY)),
        " AND ".join(f"length(regexp_extract(text, '.*') || '{k}') > 0" for k in range(MANY)),
        " AND ".join(f"length(split_part(text, 'b', 1) || '{k}') > 0" for k in range(MANY)),
        " AND ".join(f"length(left(text, -{k}) || right(text, -{k})) > 0" for k in range(1, MANY)),
        *[_within(form, 20) + " = 'x'" for form in
          ("lower(upper({}))", "reverse(lower({}))", "lower({} || 'x')")],
        *[f"length({_within(form, 10)}) < 0" for form in
          ("concat({}, {})", "({} || {})", "({}[1:900000] || {})")],
        "lower(CASE WHEN mu > 0 THEN '" + "x" * 1_000_000 + "' ELSE text END) = 'x'",
        "length(text || '" + "x" * 5_000_000 + "') < 0",
        f"length(format('{'{}' * 200}', {', '.join(['text'] * 200)})) < 0",
        f"length(printf('{'%s' * 200}', {', '.join(['text'] * 200)})) < 0",
    ],
    "make the text longer": [
        *[f"length(repeat(text, {n})) < 0" for n in (10, 100, 1_000, 100_000, 10_000_000)],
        *[f"length(repeat(text, row_number * {n})) < 0" for n in (1, 100, 10_000)],
        *[f"length({name}(text, {n}, 'x')) < 0" for name in ("lpad", "rpad") for n in
          (100_000, 10_000_000, 2_000_000_000)],
        *[f"length({_within('repeat({}, 10)', n)}) < 0" for n in (2, 4, 8, 40)],
        *[f"length({_within(one, n)}) < 0" for n in (1, 3, 10) for one in
          ("replace({}, 'a', 'aaaaaaaaaa')", "regexp_replace({}, 'a', 'aaaaaaaaaa', 'g')",
           "regexp_replace({}, '.*', '\\0\\0\\0\\0\\0\\0\\0\\0')", "hex({})",
           "concat({}, {})", "to_base64(encode({}))", "lpad({}, 3000000, text)",
           "regexp_escape(replace({}, 'a', '.'))",
           "array_to_string(string_split({}, ''), 'aaaa')")],
        "format('{:1000000000}', text) = text",
        "printf('%1000000000d', row_number) = text",
        "printf('%1000000000s', text) = text",
        "strftime(make_date(2000, 1, 1), repeat('%A%B%c', 100000)) = text",
        "overlay(text PLACING repeat(text, 1000) FROM 2) = text",
    ],
    "make lists": [
        f"len({_LETTERS}) < 0",
        *[f"{_all('len(list_concat(' + _LETTERS + ', [{}::VARCHAR])) < 0', range(n))}" for n in
          (5, 50, 400)],
        f"len(list_sort({_LETTERS})) < 0",
        f"len(list_distinct({_LETTERS})) < 0",
        f"list_unique({_LETTERS}) < 0",
        f"len(list_reverse({_LETTERS})) < 0",
        f"len(flatten([{', '.join([_LETTERS] * 100)}])) < 0",
        f"len(list_concat({_LETTERS}, {_LETTERS})) < 0",
        f"len({_within('list_concat({}, {})', 6, _LETTERS)}) < 0",
        f"len([{', '.join(['text'] * 2_000)}]) < 0",
        f"len([{', '.join([_LETTERS] * 200)}]) < 0",
        "len(regexp_split_to_array(text, 'a?')) < 0",
        "len(regexp_extract_all(text, 'a')) < 0",
        "len(regexp_extract_all(text, '.')) + len(regexp_extract_all(text, '..')) < 0",
        f"len(list_transform({_LETTERS}, lambda x: repeat(x, 100000))) < 0",
        f"len(list_transform({_LETTERS}, lambda x: text)) < 0",
        f"len(list_transform({_LETTERS}, lambda x: string_split(text, ''))) < 0",
        f"len(list_filter({_LETTERS}, lambda x: length(text || x) > 0)) < 0",
        f"len([x || text for x in {_LETTERS}]) < 0",
        "list_reduce([text, text, text, text, text, text, text, text], lambda x, y: x || x) = ''",
        f"list_reduce({_LETTERS}, lambda x, y: x || x || 'a') = ''",
        f"list_has_all({_LETTERS}, {_LETTERS})",
        f"len(list_intersect({_LETTERS}, {_LETTERS})) < 0",
        *[f"text::VARCHAR[{n}] IS NULL" for n in (10, 1_000, 100_000)],
        "array_value(text, text, text, text) IS NULL",
        "struct_pack(a := text || 'x', b := upper(text), c := [text]) IS NULL",
        f"len(list_slice({_LETTERS}, 1, 1000000000)) < 0",
        f"array_to_string({_LETTERS}, text) = 'x'",
    ],
    "make constants": [
        *[f"repeat('x', {n}) = text" for n in (10_000_000, 1_000_000_000, 10**18)],
        _within("repeat({}, 1000)", 6, "'x'") + " = text",
        "lpad('x', 2000000000, 'y') = text",
        *[f"len(string_split(repeat('x', {n}), '')) < 0" for n in
          (1_000_000, 50_000_000, 400_000_000)],
        *[f"length(concat({', '.join(['repeat(chr(97), 300000000)'] * n)})) < 0" for n in
          (2, 3, 9)],
        "length(replace(repeat('x', 10000000), 'x', repeat('y', 1000))) < 0",
        "list_reduce(string_split(repeat('x', 1000), ''), lambda x, y: x || x) = ''",
        "factorial(33) > 0 AND bit_count(10::HUGEINT ** 38) > 0",
        "text = '" + "x" * 5_000_000 + "'",
    ],
    "compute for long": [
        "levenshtein(text, reverse(text) || 'b') < 0",
        "damerau_levenshtein(text, text || 'b') < 0",
        "jaro_winkler_similarity(text, reverse(text) || 'b') < 0",
        "jaccard(text, text) < 0",
        "hamming(text, reverse(text)) < 0",
        "jaro_similarity(text || text, reverse(text)) < 0",
        "regexp_matches(text, '(a*)*(a*)*(a|aa)*b$')",
        "regexp_matches(text, '" + "a?" * 95 + "b')",
        "regexp_matches(text, '(.{1,30}){1,30}b')",
        "regexp_matches(text, '((a{1,9}){1,9}){1,9}b')",
        "regexp_matches(text, '" + r"\pL?" * 100 + "b')",
        "regexp_matches(text, label || '{100}' || '(a|b)*c')",
        "text SIMILAR TO '(.{1,30}){1,30}x'",
        "regexp_replace(text, '(a|b|ab)*?c?', '\\1\\1', 'g') = 'x'",
        "len(regexp_extract_all(text, '(a|b)*?(a|b)*?a')) < 0",
        _all("regexp_matches(text, '(a|b)*c{}$')", range(MANY)),
        "text LIKE '%" + "_a" * 300 + "%" + "a_" * 300 + "x'",
        "text LIKE '" + "%a" * 200 + "b'",
        "text ILIKE '" + "%a_" * 200 + "x'",
        "text LIKE text || '%' || text",
        "text GLOB repeat('*a', 100) || 'b'",
        "contains(text, repeat('a', 1000) || 'b')",
        "position(left(text, 1000) || 'b' IN text) > 0",
        _all("contains(text, repeat('a', 99) || '{}')", range(MANY)),
        _all("length(replace(text, 'a', '{}')) < 0", range(MANY)),
        _all("list_sort(string_split(text, '{}')) IS NULL", range(50)),
        _all("sha256(text || '{}') = ''", range(MANY)),
        f"len(list_filter({_LETTERS}, lambda x: len(list_filter({_LETTERS}, lambda y: x = y)) > 0))"
        " < 0",
    ],
    "be many": [
        _all("abs(mu) = {}", range(2_000)),
        _all("row_number % 7919 = {}", range(1_800)),
        _all("text = '{}'", range(2_500)),
        _all("mu = '{}'", range(2_500)),
        _all("text LIKE '%{}%'", range(2_000)),
        _all("contains(lower(text), 'b{}')", range(490)),
        _all("contains(lower(text), 'b{}')", range(1_400)),
        _all("lower(text) = upper('{}')", range(1_200)),
        _all("CAST(mu AS VARCHAR) = '{}'", range(1_300)),
        _all("trim(text) LIKE '{}%'", range(1_400)),
        "row_number IN (" + ", ".join(map(str, range(8_000))) + ")",
        "text IN (" + ", ".join(f"'{'x' * 1000}{k}'" for k in range(4_000)) + ")",
        "CASE " + "WHEN mu > 9 THEN true " * 2_000 + "END",
        _within("({} OR mu > 9)", 48, "mu > 8"),
        _all("round(sqrt(ln(exp(mu + {})))) = 3", range(1_000)),
        _all("mu BETWEEN {} AND 0", range(1_500)),
    ],
    # Each has as many parts as a condition may that is answered where it is asked.
    "be many and plain": [
        _all("text = '{}'", range(240)),
        _all("mu = '{}'", range(240)),
        _all("text > '" + "a" * 10_000 + "{}'", range(240)),
        _all("text = label AND mu = '{}'", range(120)),
        _all("row_number % 7919 = {}", range(160)),
        _all("round(sqrt(ln(exp(mu + {})))) = 3", range(70)),
        _all("length(text) = {}", range(160)),
        _all("text LIKE '%b{}%'", range(240)),
        _all("text NOT LIKE '%" + "a" * 190 + "{}%' AND mu > 9", range(120)),
        _all("contains(text, '" + "a" * 190 + "b{}')", range(240)),
        _all("contains(lower(text), '" + "a" * 190 + "b{}')", range(160)),
        _all("upper(text) = '{}'", range(160)),
        _all("contains(lower(CAST(text AS VARCHAR)), lower('b{}'))", range(2)),
        _all("CAST(mu AS VARCHAR) = '{}'", range(160)),
        _all("trim(text) LIKE 'b{}%'", range(10)),
        "text IN (" + ", ".join(f"'{'a' * 1_000}{k}'" for k in range(8_000)) + ")",
        " AND ".join(f"(mu > {k} OR row_id <> '{k}')" for k in range(80)),
    ],
}  # fmt: skip
