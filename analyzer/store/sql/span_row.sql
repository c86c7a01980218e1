-- Grain: one row per span, columns and their order as in analyzer.model.span.Span, then trace_key;
-- `place` is stable and breaks ties. A span without a trace id joins the one trace that carries its
-- request id, at most an hour away (FORMATS section 6): it is marked `correlated` and gets its
-- parent later. A span of no trace has an empty trace id and is `inferred`.
CREATE VIEW span_row AS
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

-- Two branches, so that a condition on the trace reaches the scan: most spans need no request.
placed AS (
    SELECT
        span.*,
        trace_id AS joined_trace_id,
        trace_key AS joined_trace_key,
        'observed' AS joined_by
    FROM span
    WHERE trace_id IS NOT NULL
    UNION ALL
    SELECT
        s.*,
        coalesce(r.trace_id, '') AS joined_trace_id,
        r.trace_key AS joined_trace_key,
        CASE WHEN r.trace_id IS NULL THEN 'inferred' ELSE 'correlated' END AS joined_by
    FROM span AS s
    LEFT JOIN request AS r
        ON
            s.correlation_id = r.correlation_id
            AND s.start_ns BETWEEN r.earliest_ns AND r.latest_ns
    WHERE s.trace_id IS NULL
)

SELECT
    placed.joined_trace_id AS trace_id,
    coalesce(placed.span_id, '') AS span_id,
    placed.parent_span_id,
    placed.service_name,
    placed.operation,
    placed.span_kind,
    placed.start_ns,
    placed.duration_ns,
    placed.status,
    placed.error_type,
    placed.peer_service,
    placed.shared,
    placed.kind_source,
    placed.follows_from,
    placed.joined_by AS evidence,
    placed.user_key,
    placed.correlation_id,
    origin.base + placed.line_number * origin.width + placed.span_index AS place,
    placed.joined_trace_key AS trace_key
FROM placed
INNER JOIN origin ON placed.file_id = origin.file_id;
