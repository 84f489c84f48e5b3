"""The sandbox as one background process: both API halves, the world, and a control API.

``lifecycle`` is all that callers need: start, status, stop, reset, environment, control. It
imports neither moto nor the simulators; those load in the process that it starts.
"""
