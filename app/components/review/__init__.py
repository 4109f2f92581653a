"""What the Review page is made of: filters, the ranked rows, one row, decisions."""
