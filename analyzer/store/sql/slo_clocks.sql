-- Grain: one row per span kind of the root spans of the named pairs of context and journey: where
-- their latency was taken. Most frequent first.
SELECT
    coalesce(s.span_kind, 'unspecified') AS span_kind,
    count(*) AS journeys
FROM slo_event AS e
INNER JOIN (
    SELECT
        unnest(CAST($contexts AS VARCHAR[])) AS context,
        unnest(CAST($journeys AS VARCHAR[])) AS journey
) AS p
    ON e.context = p.context AND e.journey = p.journey
INNER JOIN journey AS j
    ON e.journey_id = j.trace_id AND NOT j.extra_root
LEFT JOIN span AS s
    ON j.trace_id = s.trace_id AND j.root_span_id = s.span_id
GROUP BY coalesce(s.span_kind, 'unspecified')
ORDER BY journeys DESC, span_kind;
