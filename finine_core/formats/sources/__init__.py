"""Where data comes from: a file, a folder, a saved data set, a table in memory. May it be read?"""
