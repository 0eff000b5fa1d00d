"""The fields of states, by type."""

COMMON = {"Type", "Comment", "QueryLanguage"}
_NEXT = {"Next", "End"}
_PATHS = {"InputPath", "OutputPath"}
_RESULT = {"Parameters", "ResultSelector", "ResultPath"}
_HANDLERS = {"Retry", "Catch"}

TOLERATES = (
    "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)  # fmt: skip
"""How many iterations of a Map state may fail."""
FIELDS: dict[str, set[str]] = {
    "Pass": {*_NEXT, *_PATHS, "Parameters", "Result", "ResultPath"},
    "Task": {
        *_NEXT, *_PATHS, *_RESULT, *_HANDLERS, "Resource", "TimeoutSeconds", "TimeoutSecondsPath",
        "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials",
    },
    "Choice": {*_PATHS, "Choices", "Default"},
    "Wait": {*_NEXT, *_PATHS, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Succeed": {*_PATHS},
    "Fail": {"Error", "Cause", "ErrorPath", "CausePath"},
    "Parallel": {*_NEXT, *_PATHS, *_RESULT, *_HANDLERS, "Branches"},
    "Map": {
        *_NEXT, *_PATHS, *_RESULT, *_HANDLERS, "ItemProcessor", "Iterator", "ItemsPath", "ItemSelector",
        "ItemBatcher", "ItemReader", "ResultWriter", "Label", "MaxConcurrency", "MaxConcurrencyPath",
        *TOLERATES,
    },
}  # fmt: skip
OF_JSONATA = ("Arguments", "Output", "Assign", "Items")
"""Fields of JSONata states, or of variables, which only they can make full use of."""
MACHINE = {"StartAt", "States", "Comment", "QueryLanguage"}
TOP = {"Version", "TimeoutSeconds"}
