"""What the Export page is made of: what goes, and the download."""
