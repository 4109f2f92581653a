"""What formats made of lines of text share: encodings, lines and their bytes, types of columns."""
