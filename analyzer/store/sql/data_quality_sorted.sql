-- Grain: one row per (check, scope): what was assumed, merged, missing or odd, and how often.
SELECT * FROM data_quality
ORDER BY "check", scope, note;
