"""Who calls, and what their policies say.

``policy`` decides, on documents; ``principals`` finds the documents behind an access key in moto's
IAM.
"""
