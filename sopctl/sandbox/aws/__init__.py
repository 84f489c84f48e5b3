"""The AWS half of the sandbox: moto behind our own HTTP front, told to behave like AWS.

``cloud`` is how the world sees it (groups, instances, a tick); ``front`` is how AWS clients see
it (HTTP, request ids, a journal of calls, faults). ``patches`` closes the gaps of moto that a
zone evacuation would fall into, one module a family.
"""
