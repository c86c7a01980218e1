-- The tables of analysis.duckdb: the contract in README ("The store").
-- Grain: one row per file, bad line, log record, span, call, measurement, journey, path entry.
-- Portable types only (no UBIGINT, no STRUCT), so that the same relations can live on Spark:
-- what stands between /* and */ is DuckDB's own, and only the store reads it.
CREATE TABLE store_property (
    name VARCHAR,
    value VARCHAR
);

CREATE TABLE source_file (
    file_id BIGINT,
    path VARCHAR,
    format VARCHAR,
    compression VARCHAR,
    size_bytes BIGINT,
    modified_ns BIGINT,
    content_hash VARCHAR,
    lines BIGINT,
    records BIGINT,
    quarantined BIGINT,
    blank BIGINT,
    folded BIGINT,
    excluded BIGINT,
    spans BIGINT,
    spans_bad BIGINT,
    first_time TIMESTAMP,
    last_time TIMESTAMP,
    ingested_at TIMESTAMP
);

CREATE TABLE quarantine (
    file_id BIGINT,
    path VARCHAR,
    line_number BIGINT,
    byte_offset BIGINT,
    reason VARCHAR,
    detail VARCHAR,
    excerpt VARCHAR
);

CREATE TABLE log_record (
    file_id BIGINT,
    line_number BIGINT,
    time TIMESTAMP,
    service_name VARCHAR,
    severity_text VARCHAR,
    body VARCHAR,
    template VARCHAR,
    trace_id VARCHAR,
    span_id VARCHAR,
    correlation_id VARCHAR,
    user_key VARCHAR,
    attributes VARCHAR /* USING COMPRESSION zstd */,
    status VARCHAR,
    error_type VARCHAR
);

CREATE TABLE span (
    trace_id VARCHAR,
    span_id VARCHAR /* USING COMPRESSION zstd */,
    parent_span_id VARCHAR /* USING COMPRESSION zstd */,
    service_name VARCHAR,
    operation VARCHAR,
    span_kind VARCHAR,
    start_time TIMESTAMP,
    duration_ns BIGINT,
    status VARCHAR,
    error_type VARCHAR,
    peer_service VARCHAR,
    user_key VARCHAR,
    evidence VARCHAR,
    file_id BIGINT,
    line_number BIGINT,
    trace_key BIGINT,
    span_key BIGINT,
    parent_key BIGINT,
    -- beyond the contract: what clean-up, linking and causes need
    span_index BIGINT,
    start_ns BIGINT,
    kind_source VARCHAR,
    shared BOOLEAN,
    follows_from BOOLEAN,
    correlation_id VARCHAR,
    severity_text VARCHAR,
    body VARCHAR,
    template VARCHAR,
    attributes VARCHAR /* USING COMPRESSION zstd */
);

CREATE TABLE measurement (
    time TIMESTAMP,
    service_name VARCHAR,
    name VARCHAR,
    value DOUBLE,
    unit VARCHAR,
    file_id BIGINT,
    line_number BIGINT
);

-- What reading a file assumed or noticed; kept per file so that an unchanged file keeps its notes.
CREATE TABLE file_note (
    file_id BIGINT,
    note VARCHAR,
    scope VARCHAR,
    count BIGINT
);

-- Where a later run can go on reading a file: all before `line_number` is settled; the tally holds
-- what was counted so far.
CREATE TABLE file_mark (
    file_id BIGINT,
    line_number BIGINT,
    byte_offset BIGINT,
    prefix_hash VARCHAR,
    tally VARCHAR
);

CREATE TABLE call (
    trace_id VARCHAR,
    caller VARCHAR,
    callee VARCHAR,
    message VARCHAR,
    mode VARCHAR,
    start_time TIMESTAMP,
    client_duration_ns BIGINT,
    server_duration_ns BIGINT,
    gap_ns BIGINT,
    status VARCHAR,
    error_type VARCHAR,
    evidence VARCHAR,
    caller_span_id VARCHAR,
    callee_span_id VARCHAR,
    retry BOOLEAN
);

CREATE TABLE journey (
    trace_id VARCHAR,
    journey VARCHAR,
    context VARCHAR,
    entry_service VARCHAR,
    start_time TIMESTAMP,
    duration_ns BIGINT,
    status VARCHAR,
    user_key VARCHAR,
    services BIGINT,
    hops BIGINT,
    root_span_id VARCHAR,
    extra_root BOOLEAN
);

-- One row per journey and service: who takes part in which journey.
CREATE TABLE journey_service (
    trace_id VARCHAR,
    root_span_id VARCHAR,
    journey VARCHAR,
    service_name VARCHAR
);

-- One row per section of a journey's critical path; the sections of a journey add up to it.
CREATE TABLE critical_path (
    trace_id VARCHAR,
    service_name VARCHAR,
    operation VARCHAR,
    exclusive_ns BIGINT,
    kind VARCHAR,
    callee VARCHAR,
    span_id VARCHAR,
    section_start_ns BIGINT
);

-- One row per span with an interval: own + gap + covered = duration (METHODS section 4).
CREATE TABLE span_time (
    trace_id VARCHAR,
    span_id VARCHAR,
    service_name VARCHAR,
    operation VARCHAR,
    start_ns BIGINT,
    duration_ns BIGINT,
    own_ns BIGINT,
    gap_ns BIGINT,
    covered_ns BIGINT,
    wait_ns BIGINT,
    async_ns BIGINT,
    callee VARCHAR,
    callee_operation VARCHAR,
    uninstrumented BOOLEAN,
    parent_service VARCHAR,
    status VARCHAR,
    error_type VARCHAR,
    origin BOOLEAN,
    row_number BIGINT
);

CREATE TABLE hotspot (
    rank BIGINT,
    service_name VARCHAR,
    operation VARCHAR,
    kind VARCHAR,
    baseline_p50_ms DOUBLE,
    peak_p50_ms DOUBLE,
    baseline_error_rate DOUBLE,
    peak_error_rate DOUBLE,
    ratio DOUBLE,
    score DOUBLE,
    share_of_slow_time DOUBLE,
    cause VARCHAR,
    evidence_n BIGINT,
    window_start TIMESTAMP,
    window_end TIMESTAMP
);

-- The stretches of time that hotspots compare against the rest, and what they were found by. The
-- baseline is all other time but five seconds before each and `recovery_ms` after it.
CREATE TABLE peak_window (
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    reason VARCHAR,
    recovery_ms BIGINT
);

-- Services ranked by how much they changed in a window (METHODS section 5, fusion).
CREATE TABLE suspect (
    window_start TIMESTAMP,
    rank BIGINT,
    service_name VARCHAR,
    kind VARCHAR,
    score DOUBLE,
    latency_part DOUBLE,
    event_part DOUBLE,
    evidence VARCHAR,
    evidence_n BIGINT
);

-- What journeys are made of: critical-path time by whom it is charged to, per slice of slowness.
CREATE TABLE time_share (
    journey VARCHAR,
    slice VARCHAR,
    service_name VARCHAR,
    operation VARCHAR,
    caller VARCHAR,
    exclusive_ns BIGINT,
    share DOUBLE,
    journeys BIGINT
);

-- Figures of the proposed grouping beside its controls (METHODS section 6, "Gaming controls").
CREATE TABLE grouping_quality (
    place BIGINT,
    grouping VARCHAR,
    contexts BIGINT,
    calls_inside DOUBLE,
    time_inside DOUBLE,
    journeys_inside DOUBLE,
    contexts_per_journey DOUBLE,
    contrast DOUBLE,
    modularity DOUBLE,
    largest_share DOUBLE,
    singletons BIGINT,
    bcp DOUBLE,
    icp DOUBLE,
    sm DOUBLE,
    ifn DOUBLE,
    ned DOUBLE,
    mq DOUBLE
);

-- What the analysis says in words, in the order in which it is worth reading.
CREATE TABLE finding (
    place BIGINT,
    topic VARCHAR,
    sentence VARCHAR
);

CREATE TABLE bounded_context (
    context VARCHAR,
    service_name VARCHAR,
    role VARCHAR,
    confidence DOUBLE,
    alternative VARCHAR,
    margin DOUBLE,
    reason VARCHAR
);

CREATE TABLE whatif (
    context VARCHAR,
    journey VARCHAR,
    quantile DOUBLE,
    before_ms DOUBLE,
    predicted_ms DOUBLE,
    low_ms DOUBLE,
    high_ms DOUBLE,
    n BIGINT,
    saved_low_ms DOUBLE,
    saved_high_ms DOUBLE
);

CREATE TABLE slo_event (
    journey_id VARCHAR,
    context VARCHAR,
    journey VARCHAR,
    t_start TIMESTAMP,
    t_end TIMESTAMP,
    outcome VARCHAR,
    reason VARCHAR,
    synthetic BOOLEAN,
    dedup_key VARCHAR,
    campaign VARCHAR
);

CREATE TABLE sli (
    objective VARCHAR,
    context VARCHAR,
    journey VARCHAR,
    window_start TIMESTAMP,
    window_end TIMESTAMP,
    good BIGINT,
    bad BIGINT,
    unknown BIGINT,
    valid BIGINT,
    value DOUBLE
);

CREATE TABLE data_quality (
    "check" VARCHAR,
    scope VARCHAR,
    count BIGINT,
    share DOUBLE,
    note VARCHAR
);
