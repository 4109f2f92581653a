"""What the Compare page is made of: the choice of pins, and what is said of them."""
