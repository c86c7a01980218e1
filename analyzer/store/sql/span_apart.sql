-- Grain: one row per span whose request id no other service shares; filled and dropped by a run.
CREATE OR REPLACE TABLE span_apart (
    trace_id VARCHAR,
    span_id VARCHAR,
    parent_span_id VARCHAR,
    service_name VARCHAR,
    operation VARCHAR,
    span_kind VARCHAR,
    start_ns BIGINT,
    duration_ns BIGINT,
    status VARCHAR,
    error_type VARCHAR,
    peer_service VARCHAR,
    shared BOOLEAN,
    kind_source VARCHAR,
    follows_from BOOLEAN,
    evidence VARCHAR,
    user_key VARCHAR,
    request_key VARCHAR,
    place BIGINT
);
