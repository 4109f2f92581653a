"""What Arrow, Parquet and saved data sets share: sizes once unpacked, and their column types."""
