"""Small files in every format that the reader knows: where fuzzing starts from."""

from __future__ import annotations

from tests.ingest.test_text_lines import LOGS, PYTHON_TRACEBACK, SPANS

_OTHERS = (
    '{"time":"2026-03-01T10:00:00Z","op":"x","duration_ms":1.5,"trace_id":"ab","level":30}',
    '{"log":"a b\\n","stream":"stdout","time":"2026-03-01T10:00:00Z"}',
    '{"traceId":"ab","id":"cd","name":"n","timestamp":1772359200000000,"duration":5}',
    '{"traceID":"ab","spanID":"cd","operationName":"o","startTime":1,"duration":2,"tags":[]}',
    (
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":'
        '"x"}}]},"scopeSpans":[{"spans":[{"traceId":"ab","spanId":"cd","startTimeUnixNano":"1"}]}]}]}'
    ),
    (
        '{"data":[{"traceID":"ab","spans":[{"traceID":"ab","spanID":"cd","operationName":"o",'
        '"startTime":1772359200000000,"duration":5,"processID":"p1","references":[{"refType":'
        '"CHILD_OF","spanID":"ef"}]}],"processes":{"p1":{"serviceName":"x","tags":[]}}}]}'
    ),
    (
        '[{"traceId":"ab","id":"cd","annotations":[{"timestamp":1772359200000000,"value":"sr",'
        '"endpoint":{"serviceName":"x"}}],"binaryAnnotations":[{"key":"error","value":"y"}]}]'
    ),
    '{"streams":[{"stream":{"app":"x"},"values":[["1772359200000000000","y"]]}]}',
    '{"events":[{"timestamp":1772359200000,"message":"m","logStreamName":"a/b/c"}]}',
    '{"__REALTIME_TIMESTAMP":"1772359200000000","MESSAGE":[72,105],"_SYSTEMD_UNIT":"x.service"}',
    '{"instant":{"epochSecond":1772359200,"nanoOfSecond":7},"message":"m"}',
    (
        '{"level":30,"time":1772359200000,"pid":1,"hostname":"h","req":{"method":"GET","url":"/x"},'
        '"res":{"statusCode":500},"responseTime":5,"headers":[{"name":"authorization","value":"B"}]}'
    ),
    "2026-03-01T10:00:00.0Z stdout P part\n2026-03-01T10:00:00.1Z stdout F end",
    "web-1  | 10:00:00.5 INFO hello\nweb-1  |   more",
    "Mar  1 10:00:00 host app[7]: text user_id=7 from 2001:db8::1",
    (
        "#Fields: date time cs-method cs-uri-stem sc-status time-taken\n"
        "2026-03-01 10:00:00 GET /x 200 5"
    ),
    "timestamp,service,operation,duration_ms\n2026-03-01T10:00:00Z,x,y,5",
    'time=2026-03-01T10:00:00Z level=info msg="a=\\"b\\"" cpu_percent=5% password=x',
)
SAMPLES: tuple[bytes, ...] = tuple(
    text.encode()
    for text in (
        *(line for line, _ in (*SPANS.values(), *LOGS.values())),
        PYTHON_TRACEBACK,
        *_OTHERS,
    )
)
