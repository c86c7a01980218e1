-- Grain: one row per (journey, slice, service, operation, caller): what journeys are made of, all of
-- them and their slow tails; largest share first inside a journey and slice.
SELECT * FROM time_share
ORDER BY journey, slice, share DESC, service_name, operation, caller;
