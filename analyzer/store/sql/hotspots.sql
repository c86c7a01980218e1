-- Grain: one row per ranked (service, operation, kind), the $top worst of each kind; what had too
-- little data to be ranked stays in the table.
SELECT * FROM hotspot
WHERE rank <= $top
ORDER BY rank, kind DESC, service_name, operation;
