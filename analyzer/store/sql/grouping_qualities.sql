-- Grain: one row per grouping: the proposal, held out over journeys, and the two gaming controls.
SELECT
    grouping, contexts, calls_inside, time_inside, journeys_inside, contexts_per_journey, contrast,
    modularity, largest_share, singletons, bcp, icp, sm, ifn, ned, mq
FROM grouping_quality
ORDER BY place;
