"""The memory: tables, migrations, one module per table family."""
