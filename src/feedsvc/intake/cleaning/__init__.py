"""What `intake.clean` is made of."""
