"""What `intake.from_wordpress` is made of."""
