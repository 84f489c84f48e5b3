"""The only doors to boto3 and kubernetes: clients out, our errors back."""
