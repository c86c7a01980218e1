-- Grain: one row per (peak window, service), most suspect first: what changed, and how much.
SELECT
    window_start, rank, service_name, kind, score, latency_part, event_part, evidence, evidence_n
FROM suspect
ORDER BY window_start, rank, service_name;
