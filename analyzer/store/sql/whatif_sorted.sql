-- Grain: one row per (context, journey, quantile): before the merge and predicted after it.
SELECT * FROM whatif
ORDER BY context, journey, quantile;
