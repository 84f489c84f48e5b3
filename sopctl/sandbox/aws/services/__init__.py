"""Services of AWS that moto has not, or not in a way that a runbook could rely on.

One module a service: an object over the cloud, with a table of the operations it answers. Each is a
function from the parameters of botocore's model to the result of that model; refusals are raised.
"""
