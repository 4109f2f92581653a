"""Which marks of a run are in force? The questions that `DecisionLog` asks the database, as SQL.

Every query takes the parameter `run`; `EVENTS` also `event`, None for all, and `after`, the id that
the events come after.
"""

# Each mark of a run with the last event about it. In SQLite, a plain column beside a lone MAX()
# comes from the line that has the maximum, so `kind` is the kind of that last undo or redo.
MARKS = """
WITH flips AS (
    SELECT of_event, kind, MAX(event_id) AS flip_id FROM events
    WHERE run_id = :run AND kind IN ('undo', 'redo') GROUP BY of_event
),
marks AS (
    SELECT e.event_id, f.flip_id, COALESCE(f.kind, 'redo') = 'redo' AS active
    FROM events e LEFT JOIN flips f ON f.of_event = e.event_id
    WHERE e.run_id = :run AND e.kind = 'mark'
)
"""

# Marks are undone from the newest to the oldest, so the active ones form a stack in id order.
NEXT_UNDO = MARKS + "SELECT MAX(event_id) FROM marks WHERE active"

# A mark can be redone until a new mark comes; the last one undone is the oldest of these.
NEXT_REDO = (
    MARKS
    + """SELECT MIN(event_id) FROM marks
    WHERE NOT active AND flip_id > (SELECT MAX(event_id) FROM marks)"""
)

# The newest active mark of each row.
LATEST = (
    MARKS
    + """, latest AS (
    SELECT r.row_number, MAX(r.event_id) AS event_id
    FROM marks m JOIN event_rows r ON r.event_id = m.event_id
    WHERE m.active GROUP BY r.row_number
)
"""
)
CURRENT = (
    LATEST
    + """SELECT l.row_number, l.event_id FROM latest l JOIN events e ON e.event_id = l.event_id
WHERE e.decision <> 'clear' ORDER BY l.row_number"""
)
COUNTS = (
    LATEST
    + """SELECT e.decision, COUNT(*) FROM latest l JOIN events e ON e.event_id = l.event_id
WHERE e.decision <> 'clear' GROUP BY e.decision"""
)

EVENTS = (
    MARKS
    + """SELECT e.event_id, e.at, e.reviewer, e.kind, e.decision, e.label, e.reason, e.selection,
       e.rows, e.of_event, COALESCE(m.active, 0)
FROM events e LEFT JOIN marks m ON m.event_id = e.event_id
WHERE e.run_id = :run AND (:event IS NULL OR e.event_id = :event) AND e.event_id > :after
ORDER BY e.event_id"""
)
