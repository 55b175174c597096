"""`bot broadcast …`: from the first words to the report. Everything is done by rows; a running bot sees them."""
