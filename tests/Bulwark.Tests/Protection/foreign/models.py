"""Writes the project's sample network as other people's libraries do, and scores files with those libraries.

  models.py make FORMAT SAMPLE OUT     writes samples/mnist-mlp.safetensors in another format
  models.py score FORMAT FILE DATA     prints how many of the test images a file gets right, by the format's own library
  models.py testzip FILE               fails when Python's zipfile finds a member broken
"""
import gzip, io, json, pickle, sys, zipfile
import numpy as np

IMAGES = 2000


def sample(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[e["data_offsets"][0]:e["data_offsets"][1]], "<f2").astype("<f4").reshape(e["shape"])
        for name, e in header.items()
    }


def mlp(w, x):
    x = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0)
    x = np.maximum(x @ w["fc2.weight"].T + w["fc2.bias"], 0)
    return x @ w["fc3.weight"].T + w["fc3.bias"]


def network(w):
    import torch
    layers = torch.nn.Sequential()
    for i in (1, 2, 3):
        layer = torch.nn.Linear(*reversed(w[f"fc{i}.weight"].shape))
        layer.load_state_dict({"weight": torch.from_numpy(w[f"fc{i}.weight"]), "bias": torch.from_numpy(w[f"fc{i}.bias"])})
        layers.add_module(f"fc{i}", layer)
        if i < 3:
            layers.add_module(f"relu{i}", torch.nn.ReLU())
    return layers


def h5(w, target, **options):
    import h5py
    with h5py.File(target, "w") as file:
        for name, value in w.items():
            file.create_dataset(f"layers/{name.replace('.', '/vars/')}", data=value, **(options if value.ndim > 1 else {}))


def make(form, w, out):
    if form == "npz":
        np.savez(out, **w)
    elif form == "npz-compressed":
        np.savez_compressed(out, **w)
    elif form == "npy":
        np.save(out, w["fc1.weight"])
    elif form == "pickle":
        with open(out, "wb") as file:
            pickle.dump(w, file, protocol=4)
    elif form in ("pytorch", "pytorch-legacy", "pytorch-tied"):
        import torch
        tensors = {name: torch.from_numpy(value) for name, value in w.items()}
        if form == "pytorch-tied":
            tensors |= {"again": tensors["fc1.weight"], "transposed": tensors["fc1.weight"].t(), "rows": tensors["fc1.weight"][100:200]}
        torch.save(tensors, out, _use_new_zipfile_serialization=form != "pytorch-legacy")
    elif form == "torchscript":
        import torch
        torch.jit.script(network(w)).save(out)
    elif form == "hdf5":
        h5(w, out)
    elif form == "hdf5-gzip":
        h5(w, out, compression="gzip")
    elif form == "hdf5-fletcher32":
        h5(w, out, fletcher32=True)
    elif form == "keras":
        weights = io.BytesIO()
        h5(w, weights)
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.3.2", "date_saved": "2024-01-01@00:00:00"}))
            archive.writestr("config.json", json.dumps({"module": "keras", "class_name": "Sequential", "config": {"name": "mlp", "layers": []}, "registered_name": None}))
            archive.writestr("model.weights.h5", weights.getvalue())
    else:
        sys.exit(f"unknown format {form}")


def read_h5(source):
    import h5py
    found = {}
    with h5py.File(source, "r") as file:
        file.visititems(lambda name, item: found.__setitem__(name.removeprefix("layers/").replace("/vars/", "."), item[()]) if hasattr(item, "shape") else None)
    return found


def load(form, path):
    if form.startswith("npz"):
        return dict(np.load(path))
    if form == "pickle":
        with open(path, "rb") as file:
            return pickle.load(file)
    if form.startswith("pytorch"):
        import torch
        tensors = {name: value.numpy() for name, value in torch.load(path, map_location="cpu").items()}
        if form == "pytorch-tied":
            w = tensors["fc1.weight"]
            assert np.array_equal(tensors["again"], w) and np.array_equal(tensors["transposed"], w.T) and np.array_equal(tensors["rows"], w[100:200])
        return tensors
    if form.startswith("hdf5"):
        return read_h5(path)
    if form.startswith("keras"):
        return read_h5(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")))
    sys.exit(f"unknown format {form}")


def mnist(folder):
    with gzip.open(f"{folder}/mnist/t10k-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(16 + 784 * IMAGES)[16:], np.uint8).reshape(-1, 784).astype(np.float32) / 255
    with gzip.open(f"{folder}/mnist/t10k-labels-idx1-ubyte.gz") as file:
        return x, np.frombuffer(file.read(8 + IMAGES)[8:], np.uint8)


def digits(folder):
    with gzip.open(f"{folder}/models/digits.csv.gz") as file:
        rows = np.loadtxt(file, delimiter=",")[1437:]
    return (rows[:, :64] / 16).astype(np.float32).reshape(-1, 1, 8, 8), rows[:, 64].astype(int)


def forward_digits(w, x):
    import torch
    import torch.nn.functional as F
    w = {name: torch.from_numpy(np.array(value)) for name, value in w.items()}
    x = torch.from_numpy(x)
    x = F.conv2d(x, w["c1.weight"], w["c1.bias"], padding=1)
    x = F.relu(F.batch_norm(x, w["bn.running_mean"], w["bn.running_var"], w["bn.weight"], w["bn.bias"]))
    x = F.max_pool2d(F.relu(F.conv2d(x, w["c2.weight"], w["c2.bias"], padding=1)), 2).flatten(1)
    return F.linear(F.relu(F.linear(x, w["f1.weight"], w["f1.bias"])), w["f2.weight"], w["f2.bias"]).numpy()


def forward_cnn(w, x):
    import torch
    import torch.nn.functional as F
    w = {name: torch.from_numpy(value) for name, value in w.items()}
    x = (torch.from_numpy(x).reshape(-1, 1, 28, 28) - 0.1307) / 0.3081
    for i in (1, 2, 3):
        x = F.relu(F.conv2d(x, w[f"conv{i}.weight"], w[f"conv{i}.bias"]))
    x = F.batch_norm(x, w["norm1.running_mean"], w["norm1.running_var"], w["norm1.weight"], w["norm1.bias"])
    x = F.relu(F.linear(x.flatten(1), w["fc1.weight"], w["fc1.bias"]))
    x = F.linear(x, w["fc2.weight"], w["fc2.bias"])
    return F.batch_norm(x, w["norm2.running_mean"], w["norm2.running_var"], w["norm2.weight"], w["norm2.bias"]).numpy()


def forward_keras(w, x):
    for layer in ("dense", "dense_1"):
        x = np.maximum(x @ w[f"{layer}.0"] + w[f"{layer}.1"], 0)
    return x @ w["dense_2.0"] + w["dense_2.1"]


def score(form, path, folder):
    network, _, form = form.rpartition("/")
    x, y = digits(folder) if network == "digits" else mnist(folder)
    if form == "torchscript":
        import torch
        logits = torch.jit.load(path)(torch.from_numpy(x)).detach().numpy()
    else:
        forward = {"digits": forward_digits, "cnn": forward_cnn, "keras": forward_keras, "": mlp}[network]
        logits = forward(load(form, path), x)
    print(int((logits.argmax(1) == y).sum()))


if sys.argv[1] == "make":
    make(sys.argv[2], sample(sys.argv[3]), sys.argv[4])
elif sys.argv[1] == "score":
    score(*sys.argv[2:])
elif sys.argv[1] == "testzip":
    sys.exit(zipfile.ZipFile(sys.argv[2]).testzip())
