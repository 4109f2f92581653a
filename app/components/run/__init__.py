"""What the Run page is made of: the form of a new run, the panel of a running one."""
