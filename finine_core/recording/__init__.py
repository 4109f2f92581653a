"""Watches the training step itself: what did each layer see of the rows that it learned from?

No row runs a second time. Hooks keep layer inputs and the loss's gradients of layer outputs of each
step's own batch (`hooks.py`); a few steps' worth of them is joined into one set of rows, from which
gradient products are had in few large operations (`buffer.py`). What is made of the products is
`influence`'s matter.
"""
