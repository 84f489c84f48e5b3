"""What each verb of the API does: POST, PUT, PATCH and DELETE."""
