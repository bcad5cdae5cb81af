"""Readings files: recognised by their content, laid out in one of two shapes, checked row by row, exact to the Wh."""
