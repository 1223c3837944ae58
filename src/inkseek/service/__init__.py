"""The service: galleries over HTTP, and the page that draws on them."""
