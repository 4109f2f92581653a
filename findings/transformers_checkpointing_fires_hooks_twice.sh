#!/usr/bin/env bash
# Title:   Under activation checkpointing forward hooks fire twice a step, but not in every layer
# Package: transformers==5.24.0, torch==2.13.0
# Seen:    2026-11-30
# Guess:   a forward hook fires once for each forward; checkpointing only trades memory for time. Or,
#          who knows that blocks are run again: it fires twice in every layer of a block.
# Happens: blocks run again in the backward pass and fire their forward hooks again, except for the
#          last linear map of each block, where running again stops early. Backward hooks fire once.
# Matters: a recorder of activations (influence, probes, statistics of the data) counts these rows
#          twice, and pairs the wrong input with a gradient, in all layers but one per block. Every
#          shape is right, so nothing is raised.
# finine:  was affected where such a block held attention or position embeddings: scoring ended in an
#          error of torch's. Now layers are watched until the backward pass is over, and what runs again
#          is not kept (finine_core/gradients/capture.py, tests/gradients/test_checkpointed_models.py).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install torch==2.13.0 numpy==2.4.6 transformers==5.24.0

observe <<'PY'
from collections import Counter
from importlib.metadata import version

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

print("transformers", version("transformers"), "torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        vocab_size=30, max_position_embeddings=32, use_cache=False,
        bos_token_id=0, eos_token_id=1,
    )
).train()
forward, backward = Counter(), Counter()
for name, layer in model.named_modules():
    if isinstance(layer, nn.Linear):
        layer.register_forward_hook(lambda *_, name=name: forward.update([name]))
        layer.register_full_backward_hook(lambda *_, name=name: backward.update([name]))

tokens = torch.randint(30, (2, 8))
for checkpointing in (False, True):
    if checkpointing:
        model.activation_checkpointing_enable()
    forward.clear()
    backward.clear()
    model(input_ids=tokens, labels=tokens).loss.backward()
    print("one step", "with" if checkpointing else "without", "checkpointing")
    for times in sorted(set(forward.values())):
        names = [name.split(".")[-1] for name, n in forward.items() if n == times]
        print(f"  forward hooks fired {times} x:", *dict.fromkeys(names))
    print("  backward hooks fired", *sorted(set(backward.values())), "x everywhere")
PY

expect <<'TXT'
transformers 5.24.0 torch 2.13.0
one step without checkpointing
  forward hooks fired 1 x: q_proj k_proj v_proj o_proj gate_proj up_proj down_proj lm_head
  backward hooks fired 1 x everywhere
one step with checkpointing
  forward hooks fired 1 x: down_proj lm_head
  forward hooks fired 2 x: q_proj k_proj v_proj o_proj gate_proj up_proj
  backward hooks fired 1 x everywhere
TXT
