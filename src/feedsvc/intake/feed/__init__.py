"""What `intake.from_feed` is made of."""
