"""What `intake.from_html` is made of."""
