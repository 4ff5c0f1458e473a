"""The pages of the writing room. They have two doors: launches of teachers (assessment), and staff at /content/."""
