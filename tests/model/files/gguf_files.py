"""A tiny language model as llama.cpp keeps one: made of random weights, with a vocabulary of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

WIDTH, LAYERS, HEADS, KEY_HEADS, INNER, CONTEXT = 64, 2, 4, 2, 96, 64
TOKENS = ["<unk>", "<s>", "</s>", "a", "b", "c", "t", "h", "e", "Ġ", "th", "the", "at", "Ġc", "Ġthe"]
MERGES = ["t h", "th e", "a t", "Ġ c", "Ġ the"]
ROTATED = {"self_attn.q_proj": HEADS, "self_attn.k_proj": KEY_HEADS}
"""Weights whose rows llama.cpp keeps in another order, and how many heads they have."""
PLACES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}  # fmt: skip
OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def llama() -> Any:
    """The model, in evaluation."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(TOKENS), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS, intermediate_size=INNER, max_position_embeddings=CONTEXT,
        bos_token_id=1, eos_token_id=2, initializer_range=0.5, tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def write(file: Path, model: Any, quantized: bool, add_bos: bool | None = None) -> Path:
    """As a GGUF file; `quantized`: matrices in Q8_0, which the model takes over, so that both compute the same;
    `add_bos`: what it says of a token before each text."""
    import gguf
    import torch

    made = gguf.GGUFWriter(str(file), "llama")
    made.add_name("tiny")
    made.add_block_count(LAYERS)
    made.add_context_length(CONTEXT)
    made.add_embedding_length(WIDTH)
    made.add_feed_forward_length(INNER)
    made.add_head_count(HEADS)
    made.add_head_count_kv(KEY_HEADS)
    made.add_rope_dimension_count(WIDTH // HEADS)
    made.add_rope_freq_base(10_000.0)
    made.add_layer_norm_rms_eps(model.config.rms_norm_eps)
    made.add_vocab_size(len(TOKENS))
    made.add_tokenizer_model("gpt2")
    made.add_token_list(TOKENS)
    made.add_token_types([3, 3, 3, *[1] * (len(TOKENS) - 3)])
    made.add_token_merges(MERGES)
    if add_bos is not None:
        made.add_add_bos_token(add_bos)
    made.add_unk_token_id(0)
    made.add_bos_token_id(1)
    made.add_eos_token_id(2)
    kind = gguf.GGMLQuantizationType.Q8_0
    for name, tensor in model.state_dict().items():
        weights = tensor.numpy()
        if quantized and weights.ndim == 2:
            packed = gguf.quants.quantize(_arranged(name, weights), kind)
            tensor.copy_(torch.from_numpy(_back(name, gguf.quants.dequantize(packed, kind))))
            made.add_tensor(_place(name), packed, raw_dtype=kind)
        else:
            made.add_tensor(_place(name), _arranged(name, weights))
    made.write_header_to_file()
    made.write_kv_data_to_file()
    made.write_tensors_to_file()
    made.close()
    return file


def _place(name: str) -> str:
    known = name.removesuffix(".weight")
    if known in OUTSIDE:
        return f"{OUTSIDE[known]}.weight"
    _, _, layer, rest = known.split(".", 3)
    return f"blk.{layer}.{PLACES[rest]}.weight"


def _heads(name: str) -> int | None:
    return next((heads for part, heads in ROTATED.items() if part in name), None)


def _arranged(name: str, weights: np.ndarray) -> np.ndarray:
    """Both halves of a head's rows interleaved, as llama.cpp's rotary embedding wants them."""
    heads = _heads(name)
    if heads is None:
        return weights
    split = weights.reshape(heads, 2, len(weights) // heads // 2, -1)
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(weights.shape))


def _back(name: str, weights: np.ndarray) -> np.ndarray:
    heads = _heads(name)
    if heads is None:
        return weights
    split = weights.reshape(heads, len(weights) // heads // 2, 2, -1)
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(weights.shape))
