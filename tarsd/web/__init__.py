"""The status page: made on the server, whole without JavaScript, and nothing of it comes from elsewhere."""
