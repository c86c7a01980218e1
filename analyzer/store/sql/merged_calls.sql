-- Grain: one row: the calls that the proposed contexts bring into one process, and those of them
-- whose way nobody measured (no client side in the logs, or no server side).
SELECT
    count(*) AS calls,
    count(*) - count(c.gap_ns) AS unmeasured
FROM call AS c
INNER JOIN bounded_context AS a ON c.caller = a.service_name
INNER JOIN bounded_context AS b ON c.callee = b.service_name AND a.context = b.context
WHERE c.caller <> c.callee;
