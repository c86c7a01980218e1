-- Removes what an earlier run said of its sample of traces.
DELETE FROM data_quality WHERE "check" = 'hotspot_sample';
