"""What `intake.from_text` is made of."""
