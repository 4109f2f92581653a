"""What would a hostile person write into the filter box?

`REFUSED` are conditions that must be refused, by what they try; `BOUNDED` are heavy ones that may
be answered or refused, but never crash, hang or fill the memory. `conditions()` makes up more of
them from the grammar's pieces, for hypothesis. Used by `filters.py` and by the tests.
"""

from __future__ import annotations

from hypothesis import strategies as st

REFUSED: dict[str, list[str]] = {
    "read a file": [
        "read_csv('/etc/passwd') IS NOT NULL",
        "read_text('/etc/passwd') IS NOT NULL",
        "read_blob('/etc/passwd') IS NOT NULL",
        "read_parquet('/tmp/*.parquet') IS NOT NULL",
        "read_json_auto('/etc/hostname') IS NOT NULL",
        "(SELECT content FROM read_text('/etc/passwd')) LIKE '%root%'",
        "EXISTS (FROM read_csv('/etc/passwd'))",
        "EXISTS (FROM '/etc/passwd')",
        "1 IN (SELECT 1 FROM glob('/home/*'))",
        "EXISTS (FROM sniff_csv('/etc/passwd'))",
        "EXISTS (FROM parquet_metadata('/tmp/x.parquet'))",
        "EXISTS (FROM parquet_schema('/tmp/x.parquet'))",
        "EXISTS (FROM query('SELECT 1'))",
        "EXISTS (FROM query_table('marks'))",
        "glob('/etc/*') IS NOT NULL",
        "text = ANY (SELECT content FROM read_text('/etc/hostname'))",
    ],
    "reach the network": [
        "EXISTS (FROM read_csv('http://169.254.169.254/latest'))",
        "EXISTS (FROM 'https://example.org/x.parquet')",
        "EXISTS (FROM read_parquet('s3://bucket/x'))",
    ],
    "read settings or the environment": [
        "getenv('HOME') = '/root'",
        "current_setting('allowed_paths') IS NOT NULL",
        "EXISTS (FROM duckdb_settings())",
        "EXISTS (FROM duckdb_secrets())",
        "EXISTS (FROM information_schema.tables)",
        "EXISTS (FROM pragma_database_list())",
        "current_query() LIKE '%parquet%'",
        "current_schemas(true) IS NOT NULL",
        "version() IS NOT NULL",
        "getvariable('x') IS NULL",
        "txid_current() > 0",
        "pg_typeof(mu) = 'double'",
        "inet_server_addr() IS NULL",
        "has_table_privilege('marks', 'SELECT')",
        "in_search_path('memory', 'main')",
        "get_block_size('memory') > 0",
    ],
    "write or change something": [
        "true; DROP TABLE marks",
        "true); DELETE FROM marks; --",
        "COPY marks TO '/tmp/stolen.csv'",
        "true) TO '/tmp/stolen.csv' --",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1TB'",
        "PRAGMA database_list",
        "EXPORT DATABASE '/tmp/x'",
        "CREATE TABLE x (y int)",
        "write_log('x') IS NULL",
        "nextval('s') > 0",
        "setseed(0.5) IS NULL",
        "CALL pragma_version()",
        "CHECKPOINT",
    ],
    "be more than a condition": [
        "true LIMIT 1",
        "true ORDER BY mu",
        "true GROUP BY label",
        "true QUALIFY true",
        "true UNION SELECT 1",
        "true, false",
        "true) OR (true",
        "SELECT 1",
        "WITH x AS (SELECT 1) SELECT true",
        "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT true",
        "count(*) > 1",
        "sum(mu) > 1",
        "row_number() OVER () > 0",
        "lag(mu) OVER (ORDER BY mu) > 0",
        "mu > ?",
        "mu > $1",
        "mu > $name",
        "#1 > 0",
        "*",
        "COLUMNS(*) IS NOT NULL",
        "unnest([1, 2]) > 1",
        "grouping(mu) = 0",
        "DEFAULT",
    ],
    "compute for ever": [
        "sleep_ms(600000) IS NULL",
        "pg_sleep(600) IS NULL",
        "len(range(1000000000)) > 1",
        "len(generate_series(1, 1000000000)) > 1",
        "list_sum([x * y for x in range(100000)]) > 1",
    ],
    "fill the memory": [
        "bar(mu, 0, 1, 1000000000) = text",
        "length(" + " || ".join(["text"] * 200) + ") > 1",
        "len(range(1000000000)) > 1",
        "bitstring('1', 1000000000) IS NULL",
        "text::BIT IS NULL",
    ],
    "crash the parser": [
        "(" * 5_000,
        "(" * 5_000 + "1=1" + ")" * 5_000,
        "[" * 5_000,
        "{" * 5_000,
        "NOT " * 5_000 + "true",
        "- " * 5_000 + "1",
        "~" * 5_000 + "1",
        "abs(" * 500 + "1" + ")" * 500,
        "CASE WHEN " * 1_000 + "true" + " THEN 1 END" * 1_000,
        "1" + "+1" * 5_000,
        "mu" + "::int" * 5_000,
        "mu" + ".x" * 2_000 + " = 1",
        "mu" + "[1]" * 2_000 + " = 1",
        "mu IN (" + "1, " * 100_000 + "1)",
        "x" * 1_000_000,
        "/*" * 1_000,
        "/* a /* comment */ in a comment */ true",
        "true /*",
        "'unclosed",
        '"unclosed',
        "$$unclosed",
        "$x$ text $x$ = text",
        "E'\\'' = text",
    ],
    "confuse what is read": [
        "true \0",
        "label = '\ud800'",
        "ｔｒｕｅ；ＤＲＯＰ ＴＡＢＬＥ marks",
        "rеad_csv('x')",  # a Cyrillic е
        "read_csv\u200b('x')",
        "main.read_text('x') IS NULL",
        "system.main.getenv('HOME') = 'x'",
        '"getenv"(\'HOME\') = \'x\'',
        "GeTeNv('HOME') = 'x'",
        "text.read_text() IS NULL",
        "--'\n; DROP TABLE marks --'",
        "--\r; DROP TABLE marks",
        "mu > 1 COLLATE nocase",
    ],
}  # fmt: skip

# Allowed, and heavy; the heaviest are in `worst.py`.
BOUNDED: list[str] = [
    "regexp_matches(text, '(a*)*(a*)*(a|aa)*b$')",
    "regexp_matches(text, '" + "a?" * 95 + "b')",
    "regexp_matches(text, '(.{1,8}){1,8}b')",
    "regexp_matches(text, '" + r"\pL?" * 4 + "b')",
    " OR ".join(f"regexp_matches(text, '(a|b)*c{k}$')" for k in range(100)),
    "text LIKE '%" + "_a" * 48 + "%" + "a_" * 48 + "x'",
    "text ILIKE '" + "%a_" * 60 + "x'",
    "text LIKE '" + "%a" * 90 + "b'",
    "text GLOB '" + "*a?" * 60 + "x'",
    "length(" + " || ".join(["text"] * 7) + ") > 1",
    "lower(upper(trim(strip_accents(lower(upper(text)))))) = 'x'",
    " AND ".join(f"length(lower(text[1:{1999 - k}])) > 1" for k in range(15)),
    "contains(text, '" + "a" * 9_000 + "b')",
    "position('" + "a" * 1_000 + "b' IN text) > 0",
    " OR ".join(f"row_number = {k}" for k in range(1_000)),
    "row_number IN (" + ", ".join(map(str, range(4_000))) + ")",
    " AND ".join(["(1=1 OR 1=1)"] * 500),
    "CASE " + "WHEN mu > 1 THEN true " * 500 + "END",
    "text = '" + "x" * 1_000_000 + "'",
    "mu = pow(9, 999999) OR exp(1e9) > 1 OR ln(-1) > 0",
    "TRY(1 // 0) IS NULL",
    "10::hugeint ** 38 > 1 OR 9223372036854775807 + 1 > 0",
    "round(mu, 2147483647) = mu",
    "date_trunc('century', make_date(2000, 1, 1)) < now()",
    "to_years(2147483647) IS NULL",
    "in_group('no such group')",
    "in_group('x'';--')",
    "true -- a comment; DROP TABLE marks",
    "levenshtein(text, text) = 0",
    "regexp_matches(text, '(a?){1000}x')",
    "regexp_matches(text, label || '{100}{100}')",
    "text LIKE '%" + "_a" * 300 + "%" + "a_" * 300 + "x'",
    "text LIKE text || '%' || text",
    "text GLOB repeat('*a', 100)",
    "repeat('x', 1000000000) = text",
    "format('{:1000000000}', text) = text",
    "length(concat(" + ", ".join(["text"] * 2000) + ")) > 1",
    " AND ".join(f"length(lower(text[1:{1999 - k}])) > 1" for k in range(400)),
    "len(string_split(text, '')) > 1",
    "text::VARCHAR[100000] IS NULL",
    "len(list_transform([1, 2], lambda x: repeat(text, 1000000))) < 1",
    "label = 'a''; DROP TABLE marks; --'",
    "(" * 49 + "true" + ")" * 49,
    "current_user = 'duckdb' OR true",
    "label IN ['cat', 'dog']",
]

_COLUMNS = ["mu", "text", "label", "row_number", "rank", "no_such", '"odd ""name""; --"', "review"]
_CONSTANTS = ["1", "-1", "0", "1e308", "NULL", "true", "'a'", "'%a_'", "'(a|b){2}'", "''", "'\\'",
              "DATE '2020-01-01'", "INTERVAL 1 DAY", "[1, 2]", "{'a': 1}", "9e9999"]  # fmt: skip
_FUNCTIONS = ["lower", "abs", "length", "contains", "coalesce", "round", "regexp_matches", "concat",
              "in_group", "list_value", "sleep_ms", "repeat", "getenv", "read_text", "range",
              "current_setting", "struct_pack", "substr", "date_part", "greatest"]  # fmt: skip
_INFIX = ["+", "-", "*", "/", "//", "%", "||", "=", "<", ">=", "<>", "AND", "OR", "LIKE", "ILIKE",
          "~", "IN", "IS DISTINCT FROM", "SIMILAR TO", "GLOB", "::", "->", "^", "**", "&", ";",
          ",", "COLLATE", "UNION SELECT", "."]  # fmt: skip
_PREFIX = ["NOT ", "-", "~", "@", "DISTINCT ", "ALL ", "EXISTS ", "TRY", "SELECT "]
_SUFFIX = [" IS NULL", "[1]", "[1:2]", "::VARCHAR", "::INT", "::DATE", "::INT[3]", "::BLOB",
           " DESC",           " OVER ()", " FILTER (true)", " --", ".x"]  # fmt: skip


def conditions() -> st.SearchStrategy[str]:
    """Texts that are nearly conditions: mostly grammatical, of allowed and forbidden pieces."""
    leaves = st.one_of(st.sampled_from(_COLUMNS), st.sampled_from(_CONSTANTS), st.text(max_size=12))

    def larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(smaller, st.sampled_from(_INFIX), smaller).map(" ".join),
            st.tuples(st.sampled_from(_PREFIX), smaller).map("".join),
            st.tuples(smaller, st.sampled_from(_SUFFIX)).map("".join),
            st.tuples(st.sampled_from(_FUNCTIONS), st.lists(smaller, max_size=3)).map(
                lambda call: f"{call[0]}({', '.join(call[1])})"
            ),
            smaller.map(lambda inner: f"({inner})"),
            st.tuples(smaller, smaller, smaller).map(
                lambda parts: f"CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[2]} END"
            ),
            st.tuples(smaller, st.lists(smaller, min_size=1, max_size=3)).map(
                lambda parts: f"{parts[0]} IN ({', '.join(parts[1])})"
            ),
        )

    return st.recursive(leaves, larger, max_leaves=12)
