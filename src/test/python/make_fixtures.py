"""Writes what PyTorch's own modules compute, for the tests to agree with.

    python src/test/python/make_fixtures.py        (any Python with torch; from the project's folder)

Each file is one JSON object of flat lists of numbers: weights under PyTorch's names, inputs, and
outputs. Seeded: the same version of PyTorch writes the same bytes.
"""

import json
import math
import pathlib

import torch

RESOURCES = pathlib.Path("src/test/resources/io/github/lanewise/model")


def flat(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def write(name, sizes, tensors):
    fixture = {"torch": torch.__version__, **sizes, **{k: flat(v) for k, v in tensors.items()}}
    path = RESOURCES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fixture) + "\n")
    print(path, path.stat().st_size)


def lstm():
    torch.manual_seed(1)
    width, layers, steps, sequences = 12, 2, 7, 3
    module = torch.nn.LSTM(width, width, layers)
    x = torch.randn(steps, sequences, width)
    out, (hidden, cell) = module(x)
    write(
        "recurrent/torch-lstm.json",
        {"width": width, "layers": layers, "steps": steps, "sequences": sequences},
        {**module.state_dict(), "x": x, "out": out, "hidden": hidden, "cell": cell},
    )


def vit_block():
    torch.manual_seed(2)
    width, heads, hidden, rows = 16, 2, 32, 10
    layer = torch.nn.TransformerEncoderLayer(
        width, heads, hidden, dropout=0.0, activation="gelu", layer_norm_eps=1e-6,
        batch_first=True, norm_first=True,
    )
    norm = torch.nn.LayerNorm(width, eps=1e-6)
    module = torch.nn.TransformerEncoder(layer, 1, norm, enable_nested_tensor=False)
    for name, parameter in module.named_parameters():
        if "norm" in name or "bias" in name:  # else ones and zeros, which tell nothing
            torch.nn.init.normal_(parameter, 1.0 if name.endswith("weight") else 0.0, 0.2)
    x = torch.randn(1, rows, width)
    write(
        "vision/torch-vit-block.json",
        {"width": width, "heads": heads, "feedForward": hidden, "rows": rows},
        {**module.state_dict(), "x": x, "out": module(x)},
    )


def transformer():
    torch.manual_seed(3)
    width, heads, hidden, vocabulary, source, target = 12, 2, 16, 19, 9, 7
    sizes = dict(dropout=0.0, activation="relu", layer_norm_eps=1e-5, batch_first=True)
    encoder = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(width, heads, hidden, **sizes), 1,
        enable_nested_tensor=False,
    )
    decoder = torch.nn.TransformerDecoder(
        torch.nn.TransformerDecoderLayer(width, heads, hidden, **sizes), 2
    )
    module = torch.nn.Transformer(
        width, heads, custom_encoder=encoder, custom_decoder=decoder, batch_first=True
    )
    for name, parameter in module.named_parameters():  # layers begin as copies of each other
        gain = "norm" in name and name.endswith("weight")
        torch.nn.init.normal_(parameter, 1.0 if gain else 0.0, 0.3)
    table = torch.randn(vocabulary, width)
    read, written = torch.randint(vocabulary, (source,)), torch.randint(vocabulary, (target,))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(target)
    out = module(table[read][None], table[written][None], tgt_mask=mask, tgt_is_causal=True)
    write(
        "seq2seq/torch-transformer.json",
        {"width": width, "heads": heads, "feedForward": hidden, "vocabulary": vocabulary},
        {
            **module.state_dict(),
            "table": table,
            "source": read,
            "target": written,
            "states": module.encoder(table[read][None]),
            "logits": out @ table.T,
        },
    )


def relative_buckets():
    """As Hugging Face's T5Attention._relative_position_bucket, in torch's f32."""
    tensors = {}
    for name, both in (("encoder", True), ("decoder", False)):
        relative, buckets, most = torch.arange(-300, 301), 32, 128
        out = torch.zeros_like(relative)
        if both:
            buckets //= 2
            out = out + (relative > 0).long() * buckets
            relative = relative.abs()
        else:
            relative = -torch.min(relative, torch.zeros_like(relative))
        exact = buckets // 2
        far = torch.log(relative.float() / exact) / math.log(most / exact) * (buckets - exact)
        far = torch.min(exact + far.long(), torch.full_like(relative, buckets - 1))
        tensors[name] = out + torch.where(relative < exact, relative, far)
    write("seq2seq/torch-relative-buckets.json", {"buckets": 32, "maxDistance": 128}, tensors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    with torch.no_grad():
        lstm()
        vit_block()
        transformer()
        relative_buckets()
