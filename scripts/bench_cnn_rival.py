#!/usr/bin/env python3
"""Times training steps of the paper's convolutional network, dense, in PyTorch on the CPU: one JSON line.

    scripts/bench_cnn_rival.py [--batch 128] [--threads 2] [--steps 20]

Convolutions of 3x3, zero padding, ReLU: 32, 32, maximum of 2x2, 64, 64, maximum, 128, 128, maximum; fully connected
2048, 2048, 10, all weights there; dropout 0.3 after the first convolution of each pair and after each layer of 2048.
Softmax cross-entropy, SGD with momentum 0.9 and weight decay, on random 3x32x32 images. An epoch is 50,000 images.
Every step is timed; seconds_per_epoch is the median step times the steps of an epoch, best_seconds_per_epoch the
fastest. cpu_seconds_per_epoch is the process's time on all cores, the median too: on a machine shared with other work
it says more, but counts a thread that spins while it waits.
"""

import argparse
import json
import math
import statistics
import sys
import time

IMAGES = 50_000
RATE, MOMENTUM, DECAY, DROPOUT = 0.01, 0.9, 0.0002, 0.3


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20, help="timed, after a tenth as many and two more")
    parser.add_argument("--profile", action="store_true", help="shows the operations on standard error as well")
    options = parser.parse_args()
    for name in ("batch", "threads", "steps"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


OPTIONS = parse()
try:
    import torch
except ImportError as missing:
    sys.exit(f"bench_cnn_rival: PyTorch cannot be loaded: {missing}")
nn = torch.nn


def pair(channels, filters):
    """Two convolutions and a maximum."""
    return [
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Dropout(DROPOUT),
        nn.Conv2d(filters, filters, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    ]


def network():
    wide = []
    for _ in range(2):
        wide += [nn.Linear(2048, 2048), nn.ReLU(inplace=True), nn.Dropout(DROPOUT)]
    return nn.Sequential(*pair(3, 32), *pair(32, 64), *pair(64, 128), nn.Flatten(), *wide, nn.Linear(2048, 10))


def main():
    torch.set_num_threads(OPTIONS.threads)
    torch.manual_seed(1)
    model = network()
    settings = dict(lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    optimizer = torch.optim.SGD(model.parameters(), **settings)
    images = torch.rand(4 * OPTIONS.batch, 3, 32, 32)
    labels = torch.randint(10, (4 * OPTIONS.batch,))

    def step(number):
        at = number % 4 * OPTIONS.batch
        x, y = images[at : at + OPTIONS.batch], labels[at : at + OPTIONS.batch]
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    for number in range(2 + OPTIONS.steps // 10):
        step(number)
    if OPTIONS.profile:
        with torch.profiler.profile() as profile:
            step(0)
        print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=20), file=sys.stderr)
    wall, cpu = [], []
    for number in range(OPTIONS.steps):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        step(number)
        wall.append(time.perf_counter() - wall_start)
        cpu.append(time.process_time() - cpu_start)
    steps = math.ceil(IMAGES / OPTIONS.batch)
    result = {
        "name": "pytorch dense",
        "net": "cnn",
        "batch": OPTIONS.batch,
        "threads": OPTIONS.threads,
        "steps": OPTIONS.steps,
        "seconds_per_epoch": round(statistics.median(wall) * steps, 2),
        "best_seconds_per_epoch": round(min(wall) * steps, 2),
        "cpu_seconds_per_epoch": round(statistics.median(cpu) * steps, 2),
        "versions": {"torch": torch.__version__, "mkldnn": torch.backends.mkldnn.is_available()},
    }
    print(json.dumps(result))


main()
