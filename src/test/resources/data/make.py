"""Writes the fixtures of the readers' tests; see README.md."""
import gzip
import io

import h5py
import numpy as np
import scipy.io
import scipy.sparse
from numpy.lib import format as npy
from sklearn.datasets import dump_svmlight_file

ROWS, COLUMNS = 5, 6
i, j = np.mgrid[0:ROWS, 0:COLUMNS]
whole = (7 * i + 3 * j) % 11
real = whole - 4 + j / 4
labels = np.array([-1, 7, 100, -1, 7])
names = np.array(["oak", "pollard hazel", "erle", "oak", "erle"])


def typed(code):
    if code[1] == "b":
        return (whole % 2).astype(code)
    if code[1] == "u":
        return whole.astype(code)
    return (real if code[1] == "f" else whole - 4).astype(code)


TYPES = ["|b1", "|u1", "|i1"] + [
    order + kind for order in "<>" for kind in ("u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")
]


def numpy_files():
    arrays = {}
    for code in TYPES:
        name = code.replace("<", "little_").replace(">", "big_").replace("|", "")
        arrays[name + "_c"] = np.ascontiguousarray(typed(code))
        arrays[name + "_f"] = np.asfortranarray(typed(code))
    np.savez_compressed("types.npz", **arrays)
    np.savez("stored.npz", X=real.astype("f4"), y=labels)
    np.savez("positional.npz", real, labels)
    np.savez_compressed(
        "keras.npz", x_train=typed("|u1"), y_train=labels.astype("u1"), x_test=typed("|u1")[:2], y_test=labels[:2].astype("u1")
    )
    np.savez("text.npz", data=real, labels=names, bytes=names.astype("S"), big=names.astype(">U20"))
    np.savez("unlabelled.npz", train_data=real, valid_data=real[:3], test_data=real[:2], length=np.int32(5))
    np.savez("objects.npz", X=real, y=np.array([1, "a", None, 2, 3], dtype=object))
    np.save("features.npy", real)
    np.save("labels.npy", labels)
    np.save("column.npy", labels.reshape(-1, 1).astype("f8"))
    # (samples, height, width, channels), as most Python programs have images
    np.save("images.npy", np.arange(2 * 5 * 6 * 3, dtype="u1").reshape(2, 5, 6, 3))
    np.save("planes.npy", np.asfortranarray(np.arange(2 * 3 * 5 * 6, dtype="<i2").reshape(2, 3, 5, 6)))
    for version in ((2, 0), (3, 0)):
        with open(f"version{version[0]}.npy", "wb") as file:
            npy.write_array(file, real, version=version)
    packed = io.BytesIO()
    np.save(packed, np.asfortranarray(real))
    with open("fortran.npy.gz", "wb") as file:
        file.write(gzip.compress(packed.getvalue(), mtime=0))
    missing = real.copy()
    missing[1, 2] = np.nan
    np.savez("missing.npz", X=missing, y=labels)
    np.savez("targets.npz", X=real, y=real[:, 0] * 0.5 + 0.125)


def scipy_files():
    sparse = scipy.sparse.csr_matrix(np.where(whole % 3 == 0, real, 0))
    scipy.sparse.save_npz("csr.npz", sparse)
    unsorted = scipy.sparse.csr_matrix(
        (np.array([1.5, -2, 3, 4], "f4"), np.array([4, 1, 2, 0]), np.array([0, 2, 2, 4])), shape=(3, 6)
    )
    scipy.sparse.save_npz("unsorted.npz", unsorted, compressed=False)
    scipy.sparse.save_npz("csc.npz", sparse.tocsc())
    scipy.io.savemat("scipy.mat", {"X": real, "Y": labels.reshape(-1, 1)}, do_compression=True)
    scipy.io.savemat("sparse.mat", {"fea": sparse, "gnd": labels.astype("i2")}, do_compression=False)


def sklearn_files():
    sparse = scipy.sparse.csr_matrix(np.where(whole % 3 == 0, real, 0))
    for base in (True, False):
        dump_svmlight_file(sparse, labels, f"{'zero' if base else 'one'}.svmlight", zero_based=base)


def text_files():
    np.savetxt("blanks.txt", np.column_stack([labels, real]), fmt=["%d"] + ["%12.5e"] * COLUMNS, header="label, then x")
    np.savetxt("commas.csv", np.column_stack([real, labels]), delimiter=",")


def h5py_files():
    with h5py.File("groups.h5", "w") as file:
        for part, rows in (("train", ROWS), ("test", 2)):
            file.create_dataset(f"{part}/data", data=real[:rows].astype("f4"), chunks=(2, 4), compression="gzip")
            file.create_dataset(f"{part}/target", data=labels[:rows])
    with h5py.File("types.h5", "w") as file:
        for code in TYPES:
            name = code.replace("<", "little_").replace(">", "big_").replace("|", "")
            file.create_dataset(name, data=typed(code))
    for name, options in {
        "gzip": {"compression": "gzip"},
        "shuffle": {"compression": "gzip", "shuffle": True},
        "lzf": {"compression": "lzf", "shuffle": True},
        "fletcher32": {"fletcher32": True},
        "plain": {},
    }.items():
        for libver in ("earliest", "latest"):
            with h5py.File(f"{name}-{libver}.h5", "w", libver=libver) as file:
                file.create_dataset("X", data=np.tile(real, (3, 2)), chunks=(7, 5), **options)
                file.create_dataset("y", data=np.tile(labels, 3), chunks=(4,), **options)
    noise = np.random.default_rng(1).integers(0, 256, (6, 40), dtype="u1")
    with h5py.File("incompressible.h5", "w") as file:  # chunks that deflate would lengthen are stored as they are
        file.create_dataset("X", data=noise, chunks=(2, 40), compression="gzip")
        wide = np.random.default_rng(2).integers(0, 1 << 31, (6, 10), dtype="<u4")
        file.create_dataset("wide", data=wide, chunks=(2, 10), compression="gzip", shuffle=True)
    np.savez("incompressible.npz", X=noise, wide=wide)
    with h5py.File("growing.h5", "w", libver="latest") as file:  # other ways to index chunks
        for name, shape in (("X", (None, COLUMNS)), ("two", (None, None))):
            file.create_dataset(name, data=real, maxshape=shape, chunks=(2, 3))
        file.create_dataset("one", data=real, chunks=real.shape, compression="gzip")
        file.create_dataset("y", data=labels, maxshape=(None,), chunks=(2,))
    with h5py.File("text.h5", "w") as file:
        file.create_dataset("data", data=real)
        file.create_dataset("labels", data=names.astype(object), dtype=h5py.string_dtype())
        file.create_dataset("fixed", data=names.astype("S"))
    with h5py.File("images.h5", "w") as file:
        file.create_dataset("images", data=np.arange(2 * 5 * 6 * 3, dtype="u1").reshape(2, 5, 6, 3), chunks=(1, 2, 4, 3))
    with h5py.File("compact.h5", "w") as file:
        space = h5py.h5s.create_simple(real.shape)
        how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        how.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(file.id, b"X", h5py.h5t.IEEE_F64BE, space, how).write(h5py.h5s.ALL, h5py.h5s.ALL, real)
    with h5py.File("many.h5", "w", libver="latest") as file:  # links in a heap of their own
        for n in range(20):
            file.create_dataset(f"other{n}", data=np.arange(n + 1))
        file.create_dataset("x_train", data=real)
        file.create_dataset("y_train", data=labels)
    with h5py.File("links.h5", "w") as file:
        file.create_dataset("X", data=real)
        file["y"] = h5py.SoftLink("/X")
        file["away"] = h5py.ExternalLink("groups.h5", "/train/data")
        file["loop"] = file["/"]  # a group within itself
    with h5py.File("unwritten.h5", "w") as file:
        file.create_dataset("X", shape=(ROWS, COLUMNS), dtype="f4")
        file.create_dataset("chunks", shape=(ROWS, COLUMNS), dtype="f4", chunks=(2, 2))


numpy_files()
scipy_files()
sklearn_files()
text_files()
h5py_files()
