-- Grain: one row per (caller, callee, message, mode), as the view inventory: how it is used.
-- Source: METHODS section 2, "Inventory". `concurrency_mean` is Little's law over the time that the
-- message was in use: arrivals per second x mean latency. `criticality` is the share of all
-- journeys that make the call; `peak_per_second` the busiest ten seconds. Payloads are the sizes that
-- the callee logs for the message, the caller where the callee does not. `state`: `never received` is
-- a message to a broker that nobody takes from there; `stopped` was not seen in the last tenth of the
-- recording or longer, where its own rate would have shown ten calls.
WITH edge AS (
    SELECT
        caller,
        callee,
        message,
        mode,
        trace_id,
        retry,
        epoch_us(start_time) AS start_us,
        coalesce(client_duration_ns, server_duration_ns) AS latency_ns
    FROM call
    WHERE caller IS NOT NULL
),

per_journey AS (
    SELECT caller, callee, message, mode, trace_id, count(*) AS calls
    FROM edge
    GROUP BY caller, callee, message, mode, trace_id
),

per_ten_seconds AS (
    SELECT caller, callee, message, mode, start_us - start_us % 10000000 AS bucket, count(*) AS calls
    FROM edge
    WHERE start_us IS NOT NULL
    GROUP BY caller, callee, message, mode, start_us - start_us % 10000000
),

journeys AS (
    SELECT
        caller,
        callee,
        message,
        mode,
        count(*) AS journeys,
        quantile_cont(calls, 0.5) AS calls_per_journey_median,
        max(calls) AS calls_per_journey_max
    FROM per_journey
    GROUP BY caller, callee, message, mode
),

peaks AS (
    SELECT caller, callee, message, mode, max(calls) / 10.0 AS peak_per_second
    FROM per_ten_seconds
    GROUP BY caller, callee, message, mode
),

totals AS (
    SELECT
        caller,
        callee,
        message,
        mode,
        count(*) AS calls,
        count(CASE WHEN retry THEN 1 END) AS retries,
        CAST(sum(latency_ns) AS BIGINT) AS busy_ns,
        max(start_us) - min(start_us) AS used_us,
        min(start_us) AS first_us,
        max(start_us) AS last_us
    FROM edge
    GROUP BY caller, callee, message, mode
),

sized AS (
    SELECT
        service_name,
        operation,
        CAST(
            nullif(
                regexp_extract(
                    lower(attributes),
                    '"(?:[a-z_.-]*(?:body|payload|response|resp|request|req|message|content)[a-z_.-]*[_.-]?(?:size|bytes|length)|bytes(?:_sent|_out|_written)?|size_bytes)":"?([0-9]+)',
                    1
                ),
                ''
            ) AS BIGINT
        ) AS bytes
    FROM span
),

payload AS (
    SELECT
        service_name,
        operation,
        quantile_cont(bytes, 0.5) AS median_bytes,
        max(bytes) AS most_bytes
    FROM sized
    WHERE bytes IS NOT NULL
    GROUP BY service_name, operation
),

taken AS (
    SELECT DISTINCT
        caller AS broker,
        regexp_replace(lower(message), '^(?:send|publish|produce|process|receive|consume|deliver|poll|settle)[ :._/-]+|[ :._/-]+(?:send|publish|produce|process|receive|consume|deliver|poll|settle)$', '') AS topic
    FROM edge
    WHERE mode = 'async'
),

reporting AS (
    SELECT DISTINCT service_name FROM span
),

recorded AS (
    SELECT min(start_us) AS begin_us, max(start_us) AS end_us FROM edge
)

SELECT
    totals.caller,
    totals.callee,
    totals.message,
    totals.mode,
    totals.calls,
    totals.retries,
    journeys.journeys,
    journeys.calls_per_journey_median,
    journeys.calls_per_journey_max,
    peaks.peak_per_second,
    CASE WHEN totals.used_us > 0 THEN totals.busy_ns / (1000.0 * totals.used_us) END
        AS concurrency_mean,
    journeys.journeys / CAST((SELECT count(*) FROM journey) AS DOUBLE) AS criticality,
    coalesce(received.median_bytes, sent.median_bytes) AS payload_p50_bytes,
    coalesce(received.most_bytes, sent.most_bytes) AS payload_max_bytes,
    make_timestamp(totals.first_us) AS first_seen,
    make_timestamp(totals.last_us) AS last_seen,
    CASE
        WHEN
            totals.mode = 'async'
            AND totals.callee NOT IN (SELECT service_name FROM reporting)
            AND NOT EXISTS (
                SELECT 1 FROM taken
                WHERE
                    taken.broker = totals.callee
                    AND taken.topic = regexp_replace(lower(totals.message), '^(?:send|publish|produce|process|receive|consume|deliver|poll|settle)[ :._/-]+|[ :._/-]+(?:send|publish|produce|process|receive|consume|deliver|poll|settle)$', '')
            )
            THEN 'never received'
        WHEN
            totals.used_us > 0
            AND 10 * (recorded.end_us - totals.last_us) >= recorded.end_us - recorded.begin_us
            AND (totals.calls - 1.0) / totals.used_us * (recorded.end_us - totals.last_us) >= 10
            THEN 'stopped'
        ELSE 'in use'
    END AS state
FROM totals
CROSS JOIN recorded
LEFT JOIN payload AS received
    ON totals.callee = received.service_name AND totals.message = received.operation
LEFT JOIN payload AS sent
    ON totals.caller = sent.service_name AND totals.message = sent.operation
INNER JOIN journeys
    ON
        totals.caller = journeys.caller
        AND totals.callee = journeys.callee
        AND totals.message = journeys.message
        AND totals.mode = journeys.mode
LEFT JOIN peaks
    ON
        totals.caller = peaks.caller
        AND totals.callee = peaks.callee
        AND totals.message = peaks.message
        AND totals.mode = peaks.mode
ORDER BY totals.caller, totals.callee, totals.message, totals.mode;
