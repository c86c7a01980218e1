-- Grain: one row per (context, journey, span kind of the root): where its latency was taken.
SELECT
    coalesce(n.as_context, j.entry_service) AS context,
    coalesce(n.as_journey, j.journey) AS journey,
    coalesce(s.span_kind, 'unspecified') AS span_kind,
    count(*) AS journeys
FROM journey AS j
LEFT JOIN span AS s
    ON j.trace_id = s.trace_id AND j.root_span_id = s.span_id
LEFT JOIN (
    SELECT
        unnest(CAST($journeys AS VARCHAR[])) AS journey,
        unnest(CAST($services AS VARCHAR[])) AS entry_service,
        unnest(CAST($as_contexts AS VARCHAR[])) AS as_context,
        unnest(CAST($as_journeys AS VARCHAR[])) AS as_journey
) AS n
    ON j.journey = n.journey AND j.entry_service = n.entry_service
GROUP BY ALL
ORDER BY ALL;
