"""Which rows are held out, and which rows must not be parted?

`together` draws and deals out rows in sets that stay whole, `same_inputs` and `image_copies` find
rows that are copies of one another, `groups` reads a column of groups, `times` one of times, and
`plan` asks them in order.
"""
