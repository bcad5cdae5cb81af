"""The Django project: settings from the environment, the database, and the table of addresses."""
