"""The dashboard's server: its pages as files, and `/api/*` sent on to the hub's API with the access token added."""
