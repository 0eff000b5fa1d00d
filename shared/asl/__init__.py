"""Amazon States Language: what its paths, functions and rules mean, and definitions turned into graphs.

The meaning (`data`, `paths`, `templates`, `intrinsics`, `choice`, `retries`) is what the runner's `asl.*`
node types work with; the translation (`translate`) is what the gateway imports with."""
