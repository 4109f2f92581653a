"""Small models, one for each way in which parameters are used; each takes one tensor of rows."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

CLASSES, ROWS = 3, 22


class Head(nn.Module):
    """A layer, what comes after it, and class scores from the mean over positions."""

    def __init__(self, layer, width, *, channels_first=False, after=None):
        super().__init__()
        self.layer, self.channels_first = layer, channels_first
        self.after = after or nn.Tanh()
        self.last = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.after(self.layer(x))
        if self.channels_first:
            return self.last(x.flatten(2).mean(2) if x.dim() > 2 else x)
        return self.last(x.flatten(1, -2).mean(1) if x.dim() > 2 else x)


class Conv1D(nn.Module):
    """As in Hugging Face's transformers: the weight is (in, out)."""

    def __init__(self, nf, nx):
        super().__init__()
        self.nf = nf
        self.weight, self.bias = nn.Parameter(torch.randn(nx, nf)), nn.Parameter(torch.zeros(nf))

    def forward(self, x):
        out = torch.addmm(self.bias, x.reshape(-1, x.size(-1)), self.weight)
        return out.view(*x.shape[:-1], self.nf)


class Attending(nn.Module):
    """Attention of a sequence to itself, or to its second half, in one of both orders of axes."""

    def __init__(self, *, cross=False, weights=True, **options):
        super().__init__()
        self.cross, self.weights = cross, weights
        self.attention = nn.MultiheadAttention(4, 2, **options)
        self.last = nn.Linear(4, CLASSES)

    def forward(self, x):
        padding = torch.zeros(len(x), x.shape[1], dtype=torch.bool)
        padding[:, -1] = True
        other = x[:, 2:] if self.cross else x
        if self.cross:
            padding = padding[:, 2:]
        first = self.attention.batch_first
        x, other = (x, other) if first else (x.transpose(0, 1), other.transpose(0, 1))
        key = value = other
        if not self.cross:
            x = key = value = other
        if self.attention.in_proj_weight is None:
            value = torch.sin(key)
        y, seen = self.attention(x, key, value, key_padding_mask=padding, need_weights=self.weights)
        y = y if first else y.transpose(0, 1)
        scores = self.last(torch.tanh(y).mean(1))
        return scores if seen is None else scores + seen.flatten(1).square().sum(1, keepdim=True)


class Encoder(nn.Module):
    """Tokens, places that all rows share, a transformer's layer."""

    def __init__(self, dropout=0.0, *, leading=False, causal=False):
        super().__init__()
        self.leading, self.causal = leading, causal
        self.tokens, self.places = nn.Embedding(11, 8, padding_idx=0), nn.Embedding(6, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 12, dropout=dropout, batch_first=True)
        self.last = nn.Linear(8, CLASSES)

    def forward(self, tokens):
        at = torch.arange(tokens.shape[1])
        x = self.tokens(tokens) + self.places(at[None] if self.leading else at)
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        mask = mask if self.causal else None
        return self.last(self.layer(x, src_mask=mask, is_causal=self.causal).mean(1))


class Tied(nn.Module):
    """A table that embeds tokens and scores them."""

    def __init__(self):
        super().__init__()
        self.tokens, self.scores = nn.Embedding(9, 5), nn.Linear(5, 9)
        self.scores.weight = self.tokens.weight

    def forward(self, tokens):
        return self.scores(torch.tanh(self.tokens(tokens))).mean(1)[:, :CLASSES]


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.last = nn.Linear(4, 4), nn.Linear(4, CLASSES)

    def forward(self, x):
        return self.last(torch.tanh(self.layer(torch.tanh(self.layer(x)))))


class Frames(nn.Module):
    """Several images a row: frames are folded into the rows' axis."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 2, groups=2), nn.GroupNorm(2, 4)
        self.last = nn.Linear(4, CLASSES)

    def forward(self, clips):
        x = self.norm(torch.tanh(self.conv(clips.flatten(0, 1))))
        return self.last(x.flatten(2).mean(2)).view(len(clips), -1, CLASSES).mean(1)


class Own(nn.Module):
    """Parameters of the model itself, which are followed through all of it; shared places."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.places, self.last = nn.Embedding(3, 4), nn.Linear(4, CLASSES)

    def forward(self, x):
        return self.last(torch.tanh((x + self.places(torch.arange(3))) * self.scale).mean(1))


class DrawnOnce(nn.Module):
    """Places that rows share, some of which training leaves out for all rows at once."""

    def __init__(self):
        super().__init__()
        self.places, self.drop = nn.Embedding(3, 4), nn.Dropout(0.5)
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, CLASSES)
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):
        x = self.norm(self.first(x)) + self.drop(self.places(torch.arange(3)))
        return self.last(torch.tanh(x).mean(1))


class Pairs(nn.Module):
    """A layer without a rule."""

    def __init__(self):
        super().__init__()
        self.first, self.both = nn.Linear(4, 3), nn.Bilinear(3, 4, CLASSES)

    def forward(self, x):
        return self.both(torch.tanh(self.first(x)), x)


class Again(nn.Module):
    """Blocks that run once more in the backward pass, to save memory."""

    def __init__(self):
        super().__init__()
        self.first, self.inner = nn.Linear(4, 6), nn.Linear(6, 6)
        self.places, self.last = nn.Embedding(3, 6), nn.Linear(6, CLASSES)
        self.drop = nn.Dropout(0.3)

    def block(self, x):
        return self.drop(torch.relu(self.inner(x + self.places(torch.arange(3)))))

    def forward(self, x):
        x = checkpoint(self.block, self.first(x), use_reentrant=False)
        return self.last(x.mean(1))


class Deeper(nn.Module):
    """Training takes another way than evaluation: through more layers, and more often."""

    def __init__(self):
        super().__init__()
        self.layer, self.more = nn.Linear(4, 4), nn.Linear(4, 4)
        self.pair, self.last = nn.Bilinear(4, 4, 4), nn.Linear(4, CLASSES)

    def forward(self, x):
        x = torch.tanh(self.pair(x, self.layer(x)))
        if self.training:
            x = torch.tanh(self.layer(x)) + self.more(x)
            x = x + torch.tanh(self.pair(x, x))
        return self.last(x)


def numbers(*shape):
    return lambda: torch.randn(ROWS, *shape, dtype=torch.float64)


def tokens(table, length):
    return lambda: torch.randint(table, (ROWS, length))


# What each model is made by, and its rows.
BY_RULES = {
    "linear": (lambda: Head(nn.Linear(4, 5), 5), numbers(4)),
    "linear on sequences": (lambda: Head(nn.Linear(4, 5, bias=False), 5), numbers(3, 4)),
    "convolution": (
        lambda: Head(nn.Conv2d(2, 4, 3, 2, padding=1), 4, channels_first=True),
        numbers(2, 6, 5),
    ),
    "grouped convolution": (
        lambda: Head(nn.Conv2d(4, 4, 3, groups=2), 4, channels_first=True),
        numbers(4, 5, 5),
    ),
    "convolution in one dimension": (
        lambda: Head(
            nn.Conv1d(2, 4, 3, dilation=2, padding="same", padding_mode="circular"),
            4,
            channels_first=True,
        ),
        numbers(2, 8),
    ),
    "several images a row": (Frames, numbers(2, 2, 3, 3)),
    "embedding": (lambda: Head(nn.Embedding(6, 4, padding_idx=1), 4), tokens(6, 5)),
    "layer norm": (lambda: Head(nn.LayerNorm(4), 4), numbers(3, 4)),
    "RMS norm": (lambda: Head(nn.RMSNorm(4), 4), numbers(3, 4)),
    "group norm": (lambda: Head(nn.GroupNorm(2, 4), 4, channels_first=True), numbers(4, 3, 3)),
    "attention": (lambda: Attending(batch_first=True), numbers(4, 4)),
    "attention, positions first": (lambda: Attending(weights=False), numbers(4, 4)),
    "attention to others": (
        lambda: Attending(cross=True, batch_first=True, bias=False),
        numbers(5, 4),
    ),
    "attention, maps apart": (lambda: Attending(cross=True, kdim=4, vdim=4), numbers(5, 4)),
    "Conv1D of Hugging Face": (lambda: Head(Conv1D(5, 4), 5), numbers(3, 4)),
    "tied weights": (Tied, tokens(9, 4)),
    "a layer used twice": (Twice, numbers(4)),
    "places that rows share": (Encoder, tokens(11, 6)),
    "places that rows share, an axis of one": (lambda: Encoder(leading=True), tokens(11, 6)),
    "causal attention": (lambda: Encoder(causal=True), tokens(11, 6)),
    "in place after a layer": (
        lambda: Head(nn.Linear(4, 5), 5, after=nn.ReLU(inplace=True)),
        numbers(4),
    ),
}
WITHOUT_RULES = {
    "a layer without a rule": (Pairs, numbers(4)),
    "transposed convolution": (
        lambda: Head(nn.ConvTranspose2d(2, 4, 2), 4, channels_first=True),
        numbers(2, 3, 3),
    ),
    "a followed parameter": (Own, numbers(3, 4)),
}
BATCH_NORM = {
    "batch norm": (
        lambda: Head(nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)), 6),
        numbers(4),
    ),
    "batch norm of images": (
        lambda: Head(
            nn.Sequential(nn.Conv2d(2, 4, 2), nn.BatchNorm2d(4), nn.Tanh(), nn.Conv2d(4, 4, 2),
                          nn.BatchNorm2d(4)),
            4,
            channels_first=True,
        ),
        numbers(2, 4, 4),
    ),
}  # fmt: skip
WITH_DROPOUT = {
    "dropout between layers": (
        lambda: Head(
            nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.4), nn.Linear(8, 5)),
            5,
            after=nn.Dropout(0.2),
        ),
        numbers(4),
    ),
    "a transformer's layer": (lambda: Encoder(dropout=0.2), tokens(11, 6)),
    "attention with dropout": (
        lambda: Attending(batch_first=True, dropout=0.3),
        numbers(4, 4),
    ),
    "attention with dropout, positions first": (
        lambda: Attending(weights=False, dropout=0.3),
        numbers(4, 4),
    ),
    "other ways in training": (Deeper, numbers(4)),
    "checkpointed blocks": (Again, numbers(3, 4)),
}


def built(kind, dtype=torch.float64):
    """A model, its rows and their labels."""
    make, rows = kind
    torch.manual_seed(0)
    model, x = make().to(dtype), rows()
    with torch.no_grad():  # scales and shifts of norm layers start at 1 and 0
        for p in model.parameters():
            p.add_(0.3 * torch.randn_like(p))
    return model, x.to(dtype) if x.is_floating_point() else x, torch.randint(CLASSES, (ROWS,))
