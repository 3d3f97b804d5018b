"""Native peers of Python at Lanewise's shapes: peers.py THREADS [gemm|gemv|softmax|attention|models ...]

Needs: pip install numpy torch onnx onnxruntime. Shapes are M x N x K: C[M,N] = A[M,K]·B[N,K]ᵀ.

Prints for each shape and peer the best and the median of many calls within a time budget, as GFLOP/s, GB/s
or Gelem/s; with one thread also by the CPU time used, which a busy machine changes less. Weights, keys and
values that a decode step streams rotate over 512 MiB, so that no cache holds them. Pin it (taskset) and
leave OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset.
"""
import os, sys, time

threads = int(sys.argv[1])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(threads)
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if name in os.environ:
        sys.exit(f"{name} is {os.environ[name]}, must be unset: it slows OpenBLAS down")

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

torch.set_num_threads(threads)
torch.set_grad_enabled(False)
BUDGET = float(os.environ.get("BUDGET", "0.4"))  # seconds a case
ROTATED = 512 << 20  # bytes of weights
rng = np.random.default_rng(42)


def values(*shape):
    return (rng.random(shape, dtype=np.float32) - 0.5).astype(np.float32)


def report(what, peer, unit, amount, *calls):
    """Runs `calls` in turn; `amount` is the work of one, in 10^9 units."""
    try:
        for call in calls:
            call()
        times, cpu, end, i = [], [], time.perf_counter() + BUDGET, 0
        while time.perf_counter() < end or len(times) < 3:
            start, used = time.perf_counter(), time.process_time()
            calls[i]()
            cpu.append(time.process_time() - used)
            times.append(time.perf_counter() - start)
            i = (i + 1) % len(calls)
        times.sort()
        cpu.sort()
        middle = len(times) // 2
        print(f"{what:32s} {peer:34s} best {amount / times[0]:7.2f}  median {amount / times[middle]:7.2f}"
              + (f"  by CPU time {amount / cpu[0]:7.2f} {amount / cpu[middle]:7.2f}" if threads == 1 else "")
              + f"  {unit} ({len(times)} calls)", flush=True)
    except Exception as e:
        print(f"{what:34s} {peer:34s} not run: {str(e).splitlines()[0][:120]}", flush=True)


def session(node, inputs, outputs, initializers=(), opset=17, settings=()):
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info(n, t, None) for n, t in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
        [numpy_helper.from_array(v, n) for n, v in initializers])
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)])
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Sessions that rotate would else leave a spinning thread each behind, in the next one's way.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    for key, value in settings:
        options.add_session_config_entry(key, value)
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def bound(s, feeds, out_shape):
    binding = s.io_binding()
    for name, value in feeds.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(value))
    binding.bind_ortvalue_output(s.get_outputs()[0].name,
                                 ort.OrtValue.ortvalue_from_numpy(np.zeros(out_shape, np.float32)))
    return lambda: s.run_with_iobinding(binding)


def gemm_session(weights, constant=True, transposed=True, prepack=True):
    w = weights if transposed else np.ascontiguousarray(weights.T)
    node = (helper.make_node("Gemm", ["a", "b"], ["c"], transB=1) if transposed
            else helper.make_node("MatMul", ["a", "b"], ["c"]))
    f = TensorProto.FLOAT
    s = session(node, [("a", f)] + ([] if constant else [("b", f)]), ["c"],
                [("b", w)] if constant else [], settings=() if prepack else
                [("session.disable_prepacking", "1")])
    return s, w


def gemm():
    for m, n, k in [(1024, 1024, 1024), (2048, 2048, 2048), (512, 768, 3072), (512, 3072, 768),
                    (128, 384, 384), (256, 256, 256), (64, 64, 64)]:
        what, g = f"gemm {m}x{n}x{k}", 2e-9 * m * k * n
        a, b = values(m, k), values(n, k)
        bt, c = np.ascontiguousarray(b.T), np.empty((m, n), np.float32)
        report(what, "numpy a@b.T", "GFLOP/s", g, lambda: np.matmul(a, b.T, out=c))
        report(what, "numpy a@b", "GFLOP/s", g, lambda: np.matmul(a, bt, out=c))
        ta, tb = torch.from_numpy(a), torch.from_numpy(b)
        tc = torch.empty(m, n)
        report(what, "torch linear f32", "GFLOP/s", g, lambda: F.linear(ta, tb))
        report(what, "torch mm(a, b.T, out=)", "GFLOP/s", g, lambda: torch.mm(ta, tb.T, out=tc))
        for label, options in [("Gemm transB, prepacked", {}),
                               ("MatMul, prepacked", {"transposed": False}),
                               ("MatMul, packed in the call", {"transposed": False, "constant": False})]:
            s, w = gemm_session(b, **options)
            feeds = {"a": a} if options.get("constant", True) else {"a": a, "b": w}
            report(what, "onnxruntime " + label, "GFLOP/s", g, bound(s, feeds, (m, n)))


def gemv():
    for m, n, k in [(1, 4096, 4096), (1, 11008, 4096), (4, 4096, 4096), (8, 4096, 4096), (16, 4096, 4096)]:
        what = f"gemm {m}x{n}x{k} rotating"
        a = values(m, k)
        one = values(n, k)
        count = -(-ROTATED // one.nbytes)
        unit, g = ("GB/s", 1e-9 * one.nbytes) if m == 1 else ("GFLOP/s", 2e-9 * m * k * n)
        w = [one.copy() for _ in range(count)]
        c = np.empty((m, n), np.float32)
        report(what, "numpy a@b.T", unit, g, *[lambda b=b: np.matmul(a, b.T, out=c) for b in w])
        if m > 1:
            wt = [np.ascontiguousarray(one.T) for _ in range(count)]
            report(what, "numpy a@b", unit, g, *[lambda b=b: np.matmul(a, b, out=c) for b in wt])
            del wt
        if m == 1:
            report(what, "numpy b@a (gemv)", unit, g, *[lambda b=b: np.matmul(b, a[0], out=c[0]) for b in w])
        ta = torch.from_numpy(a)
        tw = [torch.from_numpy(b) for b in w]
        report(what, "torch linear f32", unit, g, *[lambda b=b: F.linear(ta, b) for b in tw])
        del tw
        for dtype in (torch.bfloat16, torch.float16):
            half = torch.from_numpy(one).to(dtype)
            ah, hw = ta.to(dtype), [half.clone() for _ in range(count * 2)]
            report(what, f"torch linear {str(dtype)[6:]}", unit, g / 2 if m == 1 else g,
                   *[lambda b=b: F.linear(ah, b) for b in hw])
            del hw
        for label, options in [("Gemm transB, prepacked", {}),
                               ("MatMul, not prepacked", {"transposed": False, "prepack": False})][: 2 if m == 1 else 1]:
            runs = [bound(gemm_session(b, **options)[0], {"a": a}, (m, n)) for b in w]
            report(what, "onnxruntime " + label, unit, g, *runs)
            del runs


def softmax():
    f = TensorProto.FLOAT
    for length in (128, 4096, 32000):
        rows = (128 << 20) // 4 // length  # 128 MiB read, 128 MiB written: 256 MiB
        x = values(rows, length) * 8
        what, g = f"softmax {rows}x{length}", 1e-9 * x.size
        tx, out = torch.from_numpy(x), torch.empty(rows, length)
        report(what, "torch softmax (out=)", "Gelem/s", g, lambda: torch.softmax(tx, -1, out=out))
        s = session(helper.make_node("Softmax", ["x"], ["y"], axis=-1), [("x", f)], ["y"])
        report(what, "onnxruntime Softmax", "Gelem/s", g, bound(s, {"x": x}, x.shape))
        small = x[: max(1, 8192 // length)]
        ts, os_ = torch.from_numpy(small), torch.empty(small.shape)
        report(f"softmax {small.shape[0]}x{length} in cache", "torch softmax (out=)", "Gelem/s",
               1e-9 * small.size, lambda: torch.softmax(ts, -1, out=os_))
        report(f"softmax {small.shape[0]}x{length} in cache", "onnxruntime Softmax", "Gelem/s",
               1e-9 * small.size, bound(s, {"x": small}, small.shape))


def attention():
    f = TensorProto.FLOAT
    for b, h, kv, q, k, d, causal in [
            (1, 12, 12, 2048, 2048, 64, False), (1, 8, 8, 2048, 2048, 128, False),
            (1, 12, 12, 2048, 2048, 64, True), (1, 8, 8, 2048, 2048, 128, True),
            (1, 12, 12, 128, 128, 64, False), (8, 12, 12, 128, 128, 32, False),
            (1, 32, 32, 1, 4096, 128, False), (1, 32, 8, 1, 4096, 128, False)]:
        what = f"att b{b},h{h},kv{kv},q{q},k{k},d{d}{',causal' if causal else ''}"
        unit, g = "GFLOP/s", 4e-9 * b * h * d * (q * k - (q * (q - 1) / 2 if causal else 0))
        if q == 1:
            unit, g = "GB/s", 8e-9 * b * kv * k * d
        count = max(1, -(-ROTATED // (8 * b * kv * k * d))) if q == 1 else 1
        tq = torch.from_numpy(values(b, h, q, d))
        kvs = [(torch.from_numpy(values(b, kv, k, d)), torch.from_numpy(values(b, kv, k, d)))
               for _ in range(count)]
        report(what, "torch sdpa", unit, g, *[
            lambda K=K, V=V: F.scaled_dot_product_attention(tq, K, V, is_causal=causal, enable_gqa=kv != h)
            for K, V in kvs])
        flat = [tuple(np.ascontiguousarray(t.numpy().transpose(0, 2, 1, 3)).reshape(b, k, kv * d) for t in p)
                for p in kvs]
        Q = np.ascontiguousarray(tq.numpy().transpose(0, 2, 1, 3)).reshape(b, q, h * d)
        inputs = [("q", f), ("k", f), ("v", f)]
        if kv == h:
            s = session(helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["o"], domain="com.microsoft",
                                         num_heads=h, unidirectional=int(causal)), inputs, ["o"])
            report(what, "onnxruntime MultiHeadAttention", unit, g, *[
                bound(s, {"q": Q, "k": K, "v": V}, Q.shape) for K, V in flat])
        s = session(helper.make_node("Attention", ["q", "k", "v"], ["o"], q_num_heads=h, kv_num_heads=kv,
                                     is_causal=int(causal)), inputs, ["o"], opset=23)
        report(what, "onnxruntime Attention (opset 23)", unit, g, *[
            bound(s, {"q": Q, "k": K, "v": V}, Q.shape) for K, V in flat])


def models():
    """Layers of PyTorch's own modules on 512 tokens, as `run` counts their operations, without logits."""
    tokens = 512

    def plain(what, layers, width, heads, forward, causal, first, count=tokens):
        layer = torch.nn.TransformerEncoderLayer(width, heads, forward, 0, "gelu", batch_first=True,
                                                 norm_first=first)
        stack = torch.nn.TransformerEncoder(layer, layers, enable_nested_tensor=False).eval()
        mask = torch.nn.Transformer.generate_square_subsequent_mask(count) if causal else None
        x = torch.from_numpy(values(1, count, width))
        pairs = count * (count + 1) / 2 if causal else count * count
        flops = layers * (2 * count * (4 * width * width + 2 * width * forward) + 4 * pairs * width)
        report(what, "torch TransformerEncoder", "GFLOP/s", 1e-9 * flops,
               lambda: stack(x, mask=mask, is_causal=causal))

    def llama(what, layers, width, heads, kv, dim, forward, dtype):
        def linear(n, k):
            return torch.nn.Linear(k, n, bias=False, dtype=dtype)

        def turned(t, cos, sin):
            a, b = t.chunk(2, -1)
            return t * cos + torch.cat((-b, a), -1) * sin

        parts = [(torch.nn.RMSNorm(width, dtype=dtype), linear((heads + 2 * kv) * dim, width),
                  linear(width, heads * dim), torch.nn.RMSNorm(width, dtype=dtype), linear(2 * forward, width),
                  linear(width, forward)) for _ in range(layers)]
        angles = torch.arange(tokens)[:, None] * 1e4 ** (-torch.arange(0, dim, 2) / dim)
        cos, sin = (torch.cat((f(angles), f(angles)), -1).to(dtype) for f in (torch.cos, torch.sin))

        def run():
            x = start
            for norm, qkv, out, norm2, up, down in parts:
                q, k, v = qkv(norm(x)).split((heads * dim, kv * dim, kv * dim), -1)
                q, k, v = (t.view(1, tokens, -1, dim).transpose(1, 2) for t in (q, k, v))
                o = F.scaled_dot_product_attention(turned(q, cos, sin), turned(k, cos, sin), v,
                                                   is_causal=True, enable_gqa=kv != heads)
                x = x + out(o.transpose(1, 2).reshape(1, tokens, -1))
                g, u = up(norm2(x)).chunk(2, -1)
                x = x + down(F.silu(g) * u)
            return x

        start = torch.from_numpy(values(1, tokens, width)).to(dtype)
        weights = (2 * heads + 2 * kv) * dim * width + 3 * width * forward
        flops = layers * (2 * tokens * weights + 2 * tokens * (tokens + 1) * heads * dim)
        report(what, f"torch modules {str(dtype)[6:]}", "GFLOP/s", 1e-9 * flops, run)

    plain("gpt2-124m", 12, 768, 12, 3072, True, True)
    plain("bert-base", 12, 768, 12, 3072, False, False)
    plain("vit-b-16", 12, 768, 12, 3072, False, True, 197)
    for dtype in (torch.float32, torch.bfloat16):
        llama("llama-2-7b, 2 layers", 2, 4096, 32, 32, 128, 11008, dtype)
        llama("qwen3-0.6b, without its norms", 28, 1024, 16, 8, 128, 3072, dtype)


from importlib.metadata import version
print(f"numpy {np.__version__}, torch {torch.__version__}, onnxruntime {ort.__version__}; {threads} thread(s)")
try:
    from threadpoolctl import threadpool_info
    for lib in threadpool_info():
        print({key: lib.get(key) for key in ("internal_api", "version", "architecture", "num_threads")})
except ImportError:
    pass
for part in sys.argv[2:] or ("gemm", "gemv", "softmax", "attention"):
    {"gemm": gemm, "gemv": gemv, "softmax": softmax, "attention": attention, "models": models}[part]()
