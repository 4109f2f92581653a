"""What the Groups page is made of: saved groups, kinds of rows, and their picture."""
