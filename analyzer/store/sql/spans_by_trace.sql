-- Grain: one row per span that belongs to a trace, whole traces together, in an order that depends
-- on the content alone. Columns as in analyzer.model.span.Span; `place` is stable and breaks ties.
-- Of $parts parts of about equal size (whole traces, by a hash of their id) the one numbered $part.
-- A span without a trace id joins the one trace that carries its request id, at most an hour away
-- (FORMATS section 6); it is marked `correlated` and gets its parent later.
WITH request AS (
    SELECT
        correlation_id,
        min(trace_id) AS trace_id,
        min(trace_key) AS trace_key,
        min(start_ns) - 3600000000000 AS earliest_ns,
        max(start_ns) + 3600000000000 AS latest_ns
    FROM span
    WHERE trace_id IS NOT NULL AND correlation_id IS NOT NULL
    GROUP BY correlation_id
    HAVING count(DISTINCT trace_id) = 1
),

origin AS (
    SELECT
        file_id,
        width,
        CAST(sum(size) OVER (ORDER BY file_id) AS BIGINT) - size AS base
    FROM (
        SELECT
            file_id,
            max(span_index) + 1 AS width,
            (max(line_number) + 1) * (max(span_index) + 1) AS size
        FROM span
        GROUP BY file_id
    ) AS sized
),

placed AS (
    SELECT
        s.*,
        coalesce(s.trace_id, r.trace_id) AS joined_trace_id,
        coalesce(s.trace_key, r.trace_key) AS joined_trace_key
    FROM span AS s
    LEFT JOIN request AS r
        ON
            s.trace_id IS NULL
            AND s.correlation_id = r.correlation_id
            AND s.start_ns BETWEEN r.earliest_ns AND r.latest_ns
)

SELECT
    joined_trace_id AS trace_id,
    coalesce(span_id, '') AS span_id,
    parent_span_id,
    service_name,
    operation,
    span_kind,
    start_ns,
    duration_ns,
    status,
    error_type,
    peer_service,
    shared,
    kind_source,
    follows_from,
    CASE WHEN trace_id IS NULL THEN 'correlated' ELSE 'observed' END AS evidence,
    user_key,
    correlation_id,
    base + line_number * width + span_index AS place
FROM placed
INNER JOIN origin USING (file_id)
WHERE joined_trace_id IS NOT NULL AND abs(joined_trace_key % $parts) = $part
ORDER BY joined_trace_key, joined_trace_id, place;
