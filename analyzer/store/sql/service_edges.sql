-- Grain: one row per (caller, callee, message, mode, journey) with its number of calls and the time spent.
-- Source: METHODS section 6, the calls that grouping works on. Loopback calls bind nothing.
SELECT
    c.caller,
    c.callee,
    c.message,
    c.mode,
    coalesce(min_journey.journey, '') AS journey,
    count(*) AS calls,
    CAST(sum(coalesce(c.client_duration_ns, c.server_duration_ns, 0)) AS BIGINT) AS time_ns
FROM call AS c
LEFT JOIN (
    SELECT trace_id, min(journey) AS journey
    FROM journey
    WHERE NOT extra_root
    GROUP BY trace_id
) AS min_journey ON c.trace_id = min_journey.trace_id
WHERE c.caller IS NOT NULL AND c.caller <> c.callee
GROUP BY c.caller, c.callee, c.message, c.mode, min_journey.journey
ORDER BY c.caller, c.callee, c.message, c.mode, journey;
