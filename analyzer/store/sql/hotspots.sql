-- Grain: one row per ranked (service, operation, kind); rank 1 is worst within its kind.
SELECT * FROM hotspot
ORDER BY kind DESC, rank, service_name, operation
LIMIT $top;
