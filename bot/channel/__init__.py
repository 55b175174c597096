"""The mouths: one module per platform, one shape for all."""
