"""What the Data page is made of: where the file is, what it holds, what its columns are."""
