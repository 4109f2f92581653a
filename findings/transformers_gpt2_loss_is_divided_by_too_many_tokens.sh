#!/usr/bin/env bash
# Title:   Trainer's gradient of GPT-2 is short by one token a row; that of Llama is not
# Package: transformers==5.24.0, accelerate==1.15.0, torch==2.13.0
# Seen:    2026-11-30
# Guess:   Trainer's gradient is that of the mean over all predicted tokens of the step. The model's own
#          loss says the same: it is that mean, for both models.
# Happens: a row of T tokens has T - 1 to predict. For Llama the Trainer counts these; for GPT-2, whose
#          class names no loss type that it knows, it counts all T labels and has the sum divided by
#          them, so the gradient is (T - 1) / T of the mean's: 3/4 at 4 tokens a row, 31/32 at 32.
# Matters: on short rows (labels, chat turns) the learning rate is silently smaller; a loss or an
#          influence computed outside is not the one that was trained on; and runs of two models or two
#          row lengths are not comparable at one learning rate.
# finine:  not affected today: it trains with a loop of its own whose loss is one number a row, and has
#          no callback for Trainer. Open: one that records in Trainer must take the scale from the
#          loss that was differentiated, not from a mean computed anew.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install torch==2.13.0 numpy==2.4.6 transformers==5.24.0 accelerate==1.15.0

observe <<'PY'
import copy
from contextlib import redirect_stdout
from importlib.metadata import version

import torch
from torch.nn.functional import cross_entropy
from transformers import (
    GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM,
    Trainer, TrainerCallback, TrainingArguments,
)

print("transformers", version("transformers"), "accelerate", version("accelerate"))
WORDS, ROWS = 30, 4
ends = {"bos_token_id": 0, "eos_token_id": 1, "vocab_size": WORDS}
MODELS = {
    "GPT-2": lambda: GPT2LMHeadModel(GPT2Config(
        n_embd=16, n_layer=1, n_head=2, n_positions=32, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, **ends)),
    "Llama": lambda: LlamaForCausalLM(LlamaConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=32, **ends)),
}  # fmt: skip


def gradient(model):
    return torch.cat([p.grad.flatten() for p in model.parameters()])


class Keep(TrainerCallback):
    def on_pre_optimizer_step(self, args, state, control, model=None, **others):
        self.gradient = gradient(model)


for name, build in MODELS.items():
    for length in (4, 32):
        torch.manual_seed(0)
        model = build()
        plain, keep = copy.deepcopy(model), Keep()
        tokens = torch.randint(2, WORDS, (ROWS, length))
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir="out", max_steps=1, per_device_train_batch_size=ROWS, max_grad_norm=0,
                report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True,
                logging_strategy="no",
            ),
            train_dataset=[{"input_ids": row, "labels": row.clone()} for row in tokens],
            callbacks=[keep],
        )
        with open("chatter.txt", "w") as chatter, redirect_stdout(chatter):
            trainer.train()
        logits = plain(input_ids=tokens).logits[:, :-1]
        mean = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        mean.backward()
        own = plain(input_ids=tokens, labels=tokens).loss
        ratio = (keep.gradient.norm() / gradient(plain).norm()).item()
        print(f"{name}, rows of {length} tokens: the model's own loss is {own / mean:.3f} of the mean"
              f" over predicted tokens, Trainer's gradient {ratio:.3f}")
PY

expect <<'TXT'
transformers 5.24.0 accelerate 1.15.0
GPT-2, rows of 4 tokens: the model's own loss is 1.000 of the mean over predicted tokens, Trainer's gradient 0.750
GPT-2, rows of 32 tokens: the model's own loss is 1.000 of the mean over predicted tokens, Trainer's gradient 0.969
Llama, rows of 4 tokens: the model's own loss is 1.000 of the mean over predicted tokens, Trainer's gradient 1.000
Llama, rows of 32 tokens: the model's own loss is 1.000 of the mean over predicted tokens, Trainer's gradient 1.000
TXT
