-- Grain: one row per service of the proposal.
SELECT * FROM bounded_context
ORDER BY context, service_name;
