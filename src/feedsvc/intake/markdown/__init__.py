"""What `intake.from_markdown` is made of."""
