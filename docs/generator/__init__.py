"""The pages of the documentation that are taken from the program itself, one module per kind of page."""
