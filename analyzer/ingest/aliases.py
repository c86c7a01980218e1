"""Spellings of the canonical fields: FORMATS section 2, as data.

Order matters: the first spelling that is present and not empty wins.
"""

from __future__ import annotations

SERVICE_NAME = (
    "service.name",
    "service_name",
    "service",
    "serviceName",
    "svc",
    "app",
    "application",
    "spring.application.name",
    "component",
    "app.kubernetes.io/name",
    "container_name",
    "kubernetes.container_name",
    "process.serviceName",
    "localEndpoint.serviceName",
    "contextMap.service",
    "PodName",
    "k8s.pod.name",
    "kubernetes.pod_name",
    "_SYSTEMD_UNIT",
)
OPERATION = (
    "operationName",
    "OperationName",
    "operation",
    "op",
    "handler",
    "route",
    "http.route",
    "rpc.method",
    "transaction.name",
    "event.action",
    "task",
)
HTTP_METHOD = (
    "http.request.method",
    "req.method",
    "request.method",
    "http.method",
    "method",
    "ClientRequestMethod",
)
HTTP_PATH = (
    "req.url",
    "request.uri",
    "url.path",
    "http.target",
    "path",
    "uri",
    "url",
    "request_uri",
    "ClientRequestURI",
)
# Only where a line reports a duration and nothing above named the work.
OPERATION_FALLBACK = ("event", "@head", "funcName", "msg", "message", "body")
TRACE_ID = (
    "trace_id",
    "traceId",
    "traceID",
    "TraceID",
    "trace.id",
    "otelTraceID",
    "dd.trace_id",
    "contextMap.traceId",
    "X-B3-TraceId",
)
TRACEPARENT = ("traceparent",)
SPAN_ID = ("span_id", "spanId", "spanID", "SpanID", "span.id", "otelSpanID", "X-B3-SpanId")
PARENT_SPAN_ID = (
    "parent_span_id",
    "parentSpanId",
    "parentSpanID",
    "parent.span_id",
    "parentId",
    "parent_id",
    "parent.id",
    "ParentID",
    "X-B3-ParentSpanId",
)
SPAN_KIND = ("span.kind", "span_kind", "spanKind", "kind")
START_TIME = (
    "startTimeUnixNano",
    "start_time",
    "startTime",
    "event.start",
    "start",
    "begin",
    "ts_start",
    "started_at",
    "startedAt",
    "EdgeStartTimestamp",
)
END_TIME = (
    "endTimeUnixNano",
    "end_time",
    "endTime",
    "event.end",
    "end",
    "ts_end",
    "finished_at",
    "ended_at",
    "completed_at",
    "EdgeEndTimestamp",
)
LOG_TIME = (
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "t",
    "asctime",
    "datetime",
    "eventTime",
    "created",
    "date",
    "@t",
    "log_time",
    "event_time",
    "logged_at",
)
OUTCOME = ("otel.status_code", "status.code", "event.outcome", "outcome", "success", "status")
HTTP_STATUS = (
    "http.response.status_code",
    "http.status_code",
    "statusCode",
    "status",
    "status_code",
    "res.statusCode",
    "response.status",
    "EdgeResponseStatus",
)
GRPC_STATUS = ("grpc.status_code", "rpc.grpc.status_code", "grpc.code")
ERROR_TYPE = (
    "error.type",
    "exception.type",
    "err.type",
    "err.name",
    "exc_type",
    "error.kind",
    "error_type",
    "thrown.name",
)
ERROR_MESSAGE = (
    "error.message",
    "exception.message",
    "err.message",
    "error_message",
    "thrown.message",
    "error",
    "err",
)
TRACEBACK = (
    "error.stack_trace",
    "exception.stacktrace",
    "stack_trace",
    "stacktrace",
    "traceback",
    "exc_info",
    "exception",
    "err.stack",
)
PEER_SERVICE = (
    "peer.service",
    "peer_service",
    "remoteEndpoint.serviceName",
    "server.address",
    "net.peer.name",
    "destination.address",
    "upstream_cluster",
    "upstream",
    "target_service",
    "target",
    "callee",
    "peer",
    "db.system.name",
    "db.system",
    "messaging.system",
)
CORRELATION_ID = (
    "correlation_id",
    "correlationId",
    "request_id",
    "requestId",
    "req_id",
    "reqId",
    "req.id",
    "http.request.id",
    "x-request-id",
    "X-Correlation-ID",
    "unique-id",
    "transaction.id",
    "X-Request-Id",
    "job_id",
)
UPDATE_ID = ("update_id", "update.update_id")
USER = (
    "user_key",
    "user_id",
    "userId",
    "from.id",
    "chat_id",
    "chatId",
    "chat.id",
    "enduser.id",
    "user.id",
)
SEVERITY = (
    "severity_text",
    "severityText",
    "severity",
    "level",
    "levelname",
    "lvl",
    "log.level",
    "PRIORITY",
)
BODY = ("body", "message", "msg", "event", "log", "MESSAGE", "text")
SHARED = ("shared",)
