#!/usr/bin/env bash
# Title:   Different 16-bit pictures, and different drawings on a transparent ground, share one hash
# Package: ImageHash==4.3.2, pillow==13.0.0
# Seen:    2026-11-30
# Guess:   pictures that look different have different perceptual hashes, whatever their pixel format.
# Happens: every hash first turns the picture to 8 bits of grey. Levels of 16 bits above 255 all
#          become white, and a transparent ground becomes the colour that lies under it, which in black
#          drawings is usually black: twenty different pictures have one hash. The same pictures
#          brought to 8 bits, or laid on white, have twenty.
# Matters: a search for duplicates in X-rays, microscopy, depth maps or icons reports the whole folder
#          as copies of one picture; who deletes duplicates deletes the data.
# finine:  not affected: it hashes pictures only once they are brought to 8 bits and laid on white
#          (finine_core/formats/images/decoding.py), and asks the pixels as well, held by
#          tests/dataset/test_image_copies.py.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install ImageHash==4.3.2 pillow==13.0.0 numpy==2.4.6

observe <<'PY'
from importlib.metadata import version

import imagehash
import numpy as np
from PIL import Image, ImageDraw

print("ImageHash", version("ImageHash"), "pillow", version("pillow"))
random = np.random.default_rng(0)
hashes = (imagehash.average_hash, imagehash.phash, imagehash.dhash, imagehash.whash)


def told(what, pictures, mended):
    assert len({one.tobytes() for one in mended}) == len(pictures)
    for hashed in hashes:
        before, after = (len({str(hashed(one)) for one in many}) for many in (pictures, mended))
        print(f"{what}, {hashed.__name__}: {before} hash as they are, {after} when mended")


levels = random.integers(1_000, 60_000, (20, 64, 64)).astype(np.uint16)
deep = [Image.fromarray(one) for one in levels]
told("20 pictures of 16 bits", deep, [Image.fromarray((x >> 8).astype(np.uint8)) for x in levels])

drawings, on_white = [], []
for _ in range(20):
    drawing = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    corners = [tuple(random.integers(4, 60, 2).tolist()) for _ in range(4)]
    ImageDraw.Draw(drawing).polygon(corners, fill=(0, 0, 0, 255))
    drawings.append(drawing)
    on_white.append(Image.alpha_composite(Image.new("RGBA", (64, 64), "white"), drawing))
told("20 drawings", drawings, on_white)
PY

expect <<'TXT'
ImageHash 4.3.2 pillow 13.0.0
20 pictures of 16 bits, average_hash: 1 hash as they are, 20 when mended
20 pictures of 16 bits, phash: 1 hash as they are, 20 when mended
20 pictures of 16 bits, dhash: 1 hash as they are, 20 when mended
20 pictures of 16 bits, whash: 1 hash as they are, 20 when mended
20 drawings, average_hash: 1 hash as they are, 20 when mended
20 drawings, phash: 1 hash as they are, 20 when mended
20 drawings, dhash: 1 hash as they are, 20 when mended
20 drawings, whash: 1 hash as they are, 20 when mended
TXT
