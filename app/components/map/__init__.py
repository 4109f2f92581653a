"""What the Map page is made of: points, areas, the chart, the selected rows."""
