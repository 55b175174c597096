"""The doors: web chat, webhooks, health and metrics."""
