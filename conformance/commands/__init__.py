"""The commands: `stateful-conformance COMMAND` where a wheel is installed, `python -m conformance COMMAND` in a clone."""

# What a command returns where it was called in the wrong way, as pytest does.
USAGE = 4
