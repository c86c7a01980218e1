-- Grain: one row per sentence about $topic, in the order in which it is worth reading.
SELECT sentence
FROM finding
WHERE topic = $topic
ORDER BY place;
