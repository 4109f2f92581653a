"""The inside of an Excel workbook: the cells of its first sheet, and some rows written again."""
