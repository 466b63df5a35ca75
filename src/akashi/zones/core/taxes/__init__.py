"""core/taxes: the city's tax records for certificates, from the day before's file. See README.md."""
