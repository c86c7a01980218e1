-- Grain: one row: spans in traces (or with a trace's request id), and those without any trace id.
SELECT
    count(trace_id) AS traced,
    count(*) - count(trace_id) AS untraced,
    count(CASE WHEN trace_id IS NULL THEN correlation_id END) AS by_request
FROM span;
