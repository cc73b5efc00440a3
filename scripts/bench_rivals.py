#!/usr/bin/env python3
"""Times a training step of Coppice's rivals in PyTorch: one JSON line a result.

    scripts/bench_rivals.py [--device cuda|cpu] [--net NAME ...] [--variant NAME ...] [--quick]

Every step does what Coppice's does: takes a batch of bytes from a data set on the device, normalises it, forward,
softmax cross-entropy, backward, SGD with momentum and weight decay. On a GPU each step is a replayed CUDA graph.

dense-fp32, dense-tf32   all weights there, 32 bits; products in IEEE arithmetic or TF32
dense-bf16               the same weights, products by autocast to bfloat16
dense-bf16-weights       weights, activations and momentum in bfloat16
masked-fp32, masked-tf32 dense weights multiplied by a mask after each step, as SET is commonly run
csr                      sparse weights (torch.sparse CSR and its transpose), gradients at the connections only

Networks are the sizes of the layers; all but the last layer are drawn with epsilon 20.
"""

import argparse
import json
import statistics
import sys
import time
import warnings

NETS = {
    "cifar": [3072, 4000, 1000, 4000, 10],
    "fashion": [784, 1000, 1000, 1000, 10],
    "wide": [54675, 500000, 500000, 18],
}
QUICK_NETS = {"cifar": [96, 125, 31, 125, 10], "fashion": [49, 62, 62, 62, 10], "wide": [170, 1500, 1500, 18]}
VARIANTS = ["dense-fp32", "dense-tf32", "dense-bf16", "dense-bf16-weights", "masked-fp32", "masked-tf32", "csr"]
EPSILON = 20
SLOPE = 0.6  # of All-ReLU; its sign changes from layer to layer
RATE, MOMENTUM, DECAY = 0.01, 0.9, 0.0002


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--index", type=int, default=0, help="number of the GPU")
    parser.add_argument("--net", action="append", choices=sorted(NETS), help="default: all")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="default: all")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=200, help="of a measurement; fewer where one is slow")
    parser.add_argument("--repeats", type=int, default=7, help="measurements, whose median counts")
    parser.add_argument("--quick", action="store_true", help="everything small, to try the script")
    options = parser.parse_args()
    for name in ("batch", "steps", "repeats"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if options.index < 0:
        parser.error("--index must not be negative")
    if options.quick:
        options.steps, options.repeats = min(options.steps, 3), min(options.repeats, 3)
    return options


def load_torch(options):
    try:
        import torch
    except ImportError as missing:
        sys.exit(f"bench_rivals: PyTorch cannot be loaded: {missing}")
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("bench_rivals: PyTorch finds no CUDA device; --device cpu tries the script without one")
    return torch


OPTIONS = parse()
torch = load_torch(OPTIONS)
functional = torch.nn.functional
warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
DEVICE = torch.device(OPTIONS.device, OPTIONS.index) if OPTIONS.device == "cuda" else torch.device("cpu")
ON_GPU = DEVICE.type == "cuda"


class TooLarge(Exception):
    """The network does not fit into the device's memory."""


def activation(x, layer):
    return functional.leaky_relu(x, SLOPE if layer % 2 == 0 else -SLOPE)


def draw_pattern(rows, columns):
    """Sorted places row * columns + column of about epsilon * (rows + columns) connections."""
    wanted = min(EPSILON * (rows + columns), rows * columns)
    if wanted == rows * columns:
        return torch.arange(wanted, device=DEVICE)
    places = torch.unique(torch.randint(rows * columns, (wanted + wanted // 20 + 64,), device=DEVICE))
    chosen = torch.randperm(places.numel(), device=DEVICE)[:wanted]
    return places[chosen].sort().values


def require_memory(bytes_needed):
    if ON_GPU:
        free = torch.cuda.mem_get_info(DEVICE)[0]
    else:
        free = 8 << 30
    if bytes_needed > 0.9 * free:
        raise TooLarge(f"needs {bytes_needed / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free")


class Samples:
    """A data set of random bytes on the device, of which every step takes the same batch."""

    def __init__(self, features, classes, batch):
        samples = 4 * batch
        self.data = torch.randint(256, (samples, features), dtype=torch.uint8, device=DEVICE)
        self.labels = torch.randint(classes, (samples,), device=DEVICE)
        self.order = torch.randperm(samples, device=DEVICE)[:batch]

    def batch(self, dtype):
        x = (self.data[self.order].to(dtype) - 127.5) * (1 / 127.5)
        return x, self.labels[self.order]


def sgd(parameters):
    settings = dict(lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    try:
        return torch.optim.SGD(parameters, fused=True, **settings), "fused"
    except (TypeError, RuntimeError):  # an older PyTorch, or a device without
        return torch.optim.SGD(parameters, foreach=True, **settings), "foreach"


class Dense:
    """Dense layers, with masks or without."""

    def __init__(self, sizes, variant):
        cells = sum(a * b for a, b in zip(sizes, sizes[1:]))
        each = 2 if variant == "dense-bf16-weights" else 4
        require_memory(cells * each * (4 if variant.startswith("masked") else 3))
        self.dtype = torch.bfloat16 if variant == "dense-bf16-weights" else torch.float32
        self.autocast = variant == "dense-bf16"
        self.weights, self.biases, self.masks = [], [], []
        for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            weight = torch.randn(outputs, inputs, device=DEVICE) * (2 / inputs) ** 0.5
            if variant.startswith("masked") and layer < len(sizes) - 2:
                mask = torch.zeros(outputs * inputs, device=DEVICE)
                mask[draw_pattern(outputs, inputs)] = 1
                self.masks.append(mask.view(outputs, inputs))
                weight *= self.masks[-1]
            self.weights.append(weight.to(self.dtype).requires_grad_())
            self.biases.append(torch.zeros(outputs, device=DEVICE, dtype=self.dtype, requires_grad=True))
        self.optimizer, self.kind = sgd(self.weights + self.biases)
        self.connections = cells

    def step(self, samples):
        x, labels = samples.batch(self.dtype)
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=self.autocast, cache_enabled=False):
            for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
                x = functional.linear(x, weight, bias)
                if layer < len(self.weights) - 1:
                    x = activation(x, layer)
        loss = functional.cross_entropy(x.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.masks:
            with torch.no_grad():
                torch._foreach_mul_(self.weights[: len(self.masks)], self.masks)


class CsrProduct(torch.autograd.Function):
    """y = W x with W in CSR form; gradients by x with the transpose, and by W at the connections."""

    @staticmethod
    def forward(context, values, x, layer):
        context.layer = layer
        context.save_for_backward(values, x)
        return torch.mm(layer.matrix(values), x)

    @staticmethod
    def backward(context, dy):
        values, x = context.saved_tensors
        layer = context.layer
        dx = torch.mm(layer.transposed(values), dy) if context.needs_input_grad[1] else None
        return layer.gradient(dy.contiguous(), x), dx, None


class CsrLayer:
    def __init__(self, inputs, outputs):
        places = draw_pattern(outputs, inputs)
        rows, columns = places // inputs, places % inputs
        self.shape = (outputs, inputs)
        self.rows, self.columns = rows, columns
        self.offsets = self.offsets_of(rows, outputs)
        self.indices = columns.to(torch.int32)
        self.to_transpose = torch.argsort(columns, stable=True)
        self.column_offsets = self.offsets_of(columns, inputs)
        self.row_indices = rows[self.to_transpose].to(torch.int32)
        scale = (2 * outputs / places.numel()) ** 0.5
        self.values = (torch.randn(places.numel(), device=DEVICE) * scale).requires_grad_()
        self.zeros = torch.zeros_like(self.values, requires_grad=False)
        if ON_GPU:
            self.rows = self.columns = None  # only the way without sampled products needs them

    @staticmethod
    def offsets_of(indices, count):
        lengths = torch.bincount(indices, minlength=count)
        return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)]).to(torch.int32)

    def matrix(self, values):
        return torch.sparse_csr_tensor(
            self.offsets, self.indices, values.detach(), self.shape, check_invariants=False
        )

    def transposed(self, values):
        return torch.sparse_csr_tensor(
            self.column_offsets,
            self.row_indices,
            values.detach()[self.to_transpose],
            self.shape[::-1],
            check_invariants=False,
        )

    def gradient(self, dy, x):
        if ON_GPU:
            return torch.sparse.sampled_addmm(self.matrix(self.zeros), dy, x.t(), beta=0.0).values()
        return (dy[self.rows] * x[self.columns]).sum(1)  # there is no other way on a CPU without MKL


class Csr:
    """Sparse layers but the last; activations as (neurons, batch)."""

    def __init__(self, sizes, _):
        pairs = list(zip(sizes, sizes[1:]))
        self.layers = [CsrLayer(inputs, outputs) for inputs, outputs in pairs[:-1]]
        self.biases = [torch.zeros(n, 1, device=DEVICE, requires_grad=True) for n in sizes[1:]]
        self.last = (torch.randn(sizes[-1], sizes[-2], device=DEVICE) * (2 / sizes[-2]) ** 0.5).requires_grad_()
        values = [layer.values for layer in self.layers]
        self.optimizer, self.kind = sgd(values + self.biases + [self.last])
        self.connections = sum(v.numel() for v in values) + self.last.numel()

    def step(self, samples):
        x, labels = samples.batch(torch.float32)
        x = x.t().contiguous()
        for number, layer in enumerate(self.layers):
            x = activation(CsrProduct.apply(layer.values, x, layer) + self.biases[number], number)
        x = self.last @ x + self.biases[-1]
        loss = functional.cross_entropy(x.t(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()


def synchronize():
    if ON_GPU:
        torch.cuda.synchronize(DEVICE)


def graphed(step):
    """The step as a replayed CUDA graph, or as it is where it cannot be one; and which of the two."""
    if not ON_GPU:
        step()
        return step, "eager"
    stream = torch.cuda.Stream(DEVICE)
    stream.wait_stream(torch.cuda.current_stream(DEVICE))
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream(DEVICE).wait_stream(stream)
    synchronize()
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            step()
    except RuntimeError as refused:
        print(f"bench_rivals: no CUDA graph: {str(refused).splitlines()[0]}", file=sys.stderr)
        synchronize()
        return step, "eager"
    return graph.replay, "cuda graph"


def measure(step):
    """Microseconds a step: the median of the measurements, and all of them."""
    for _ in range(min(10, OPTIONS.steps)):
        step()
    synchronize()
    start = time.perf_counter()
    step()
    synchronize()
    steps = max(1, min(OPTIONS.steps, int(2 / (time.perf_counter() - start))))
    taken = []
    for _ in range(OPTIONS.repeats):
        synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        synchronize()
        taken.append((time.perf_counter() - start) / steps * 1e6)
    return statistics.median(taken), taken


def device_name():
    if ON_GPU:
        return torch.cuda.get_device_name(DEVICE)
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "CPU"


def run(net, sizes, variant):
    result = {
        "name": f"pytorch {variant}",
        "net": net,
        "shape": "-".join(map(str, sizes)),
        "batch": OPTIONS.batch,
        "us_per_step": None,
        "device": device_name(),
        "versions": {"torch": torch.__version__, "cuda": torch.version.cuda},
    }
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = variant.endswith("tf32")
    try:
        model = (Csr if variant == "csr" else Dense)(sizes, variant)
        samples = Samples(sizes[0], sizes[-1], OPTIONS.batch)
        step, way = graphed(lambda: model.step(samples))
        median, taken = measure(step)
        result["us_per_step"] = round(median, 2)
        result["us_per_step_all"] = [round(t, 2) for t in taken]
        result["steps"] = way
        result["optimizer"] = model.kind
        result["connections"] = model.connections
        if ON_GPU:
            result["peak_memory_bytes"] = torch.cuda.max_memory_allocated(DEVICE)
    except TooLarge as reason:
        result["left_out"] = str(reason)
    except torch.cuda.OutOfMemoryError as reason:
        result["left_out"] = str(reason).splitlines()[0]
    except (RuntimeError, NotImplementedError) as reason:
        result["failed"] = str(reason).splitlines()[0]
    print(json.dumps(result), flush=True)
    return "failed" not in result


def main():
    ok = True
    for net in OPTIONS.net or list(NETS):
        for variant in OPTIONS.variant or VARIANTS:
            ok &= run(net, (QUICK_NETS if OPTIONS.quick else NETS)[net], variant)
            if ON_GPU:
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats(DEVICE)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
