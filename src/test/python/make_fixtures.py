"""Writes what PyTorch's own modules compute, for the tests to agree with.

    python src/test/python/make_fixtures.py        (any Python with torch; from the project's folder)

Each file is one JSON object of flat lists of numbers: weights under PyTorch's names, inputs, and
outputs. Seeded: the same version of PyTorch writes the same bytes.
"""

import json
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


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    with torch.no_grad():
        lstm()
        vit_block()
