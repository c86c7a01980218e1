-- Grain: one row per span that belongs to a trace (columns of span_row), whole traces together, in
-- an order that depends on the content alone. Of $parts parts of about equal size (whole traces, by
-- the hash of their id) the one numbered $part.
SELECT * EXCLUDE (trace_key)
FROM span_row
WHERE abs(trace_key % $parts) = $part
ORDER BY trace_key, trace_id, place;
