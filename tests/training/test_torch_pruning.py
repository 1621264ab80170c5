"""Pruning of PyTorch models and training against the original's answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import pytest

from ovopt.contracts import Tensors
from ovopt.errors import DataError, ModelError, OutputError, StepError
from ovopt.model.inspect.runs import outputs_in_f32
from ovopt.training.distillation import Checkpoint, Distillation, Schedule
from ovopt.training.masks import masked
from ovopt.training.targets import Agreement, DistillationLoss, Targets
from tests.cli.run import CLASSES, WIDTH
from tests.factories import exactly
from tests.training import trained
from tests.training.trained import HIDDEN, Given, Watched, factory, weights

torch = trained.torch
pytestmark = pytest.mark.filterwarnings("ignore")

LOCAL, GLOBAL = "unstructured_magnitude_local", "unstructured_magnitude_global"
FIRST, HEAD = (HIDDEN, WIDTH), (CLASSES, HIDDEN)
EPOCHS = 3


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return factory(tmp_path)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained.exported(tmp_path_factory.mktemp("program") / "m.pt2")


def targets(given: Given, seed: int = 0) -> Targets:
    return Targets.of("m", given.trainable().module, given.samples, seed)


def masks_of(given: Given, mode: Any, ratio: float) -> dict[str, np.ndarray]:
    example = [torch.from_numpy(array) for array in given.samples[0]]
    return {name: mask.numpy() for name, mask in masked(given.trainable(), mode, ratio, example).masks.items()}


def parameters(name: str = "Classifier") -> dict[str, np.ndarray]:
    return {f"inner.{key}": one.detach().numpy() for key, one in trained.module(name).named_parameters()}


def same(one: dict[Any, np.ndarray], other: dict[Any, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def test_the_smallest_weights_go_the_same_share_of_every_layer(given: Given) -> None:
    found = masks_of(given, LOCAL, 0.7)
    assert found.keys() == {"inner.first.weight", "inner.head.weight"}
    for name, mask in found.items():
        size = np.abs(parameters()[name])
        assert (~mask).sum() == int(0.7 * (mask.size - 1)) + 1
        assert size[~mask].max() < size[mask].min()


def test_the_smallest_weights_of_all_layers_go_as_a_share_of_their_layer(given: Given) -> None:
    found = masks_of(given, GLOBAL, 0.7)
    size = {name: np.abs(parameters()[name]) / np.linalg.norm(parameters()[name]) for name in found}
    gone = np.concatenate([size[name][~mask] for name, mask in found.items()])
    left = np.concatenate([size[name][mask] for name, mask in found.items()])
    assert gone.size == int(0.7 * (gone.size + left.size - 1)) + 1
    assert gone.max() < left.min()
    assert len({round(float(mask.mean()), 2) for mask in found.values()}) == 2


def mixed(folder: Path) -> Given:
    rng = np.random.default_rng(0)
    samples = [(rng.integers(5, size=(1,)), *row) for row in trained.rows(12)]
    given = factory(folder, "Mixed", samples)
    if given.model().inputs[0].get_any_name() == "x":
        given = factory(folder, "Mixed", [(x, ids) for ids, x in samples])
    return given


def test_embeddings_and_buffers_stay_and_what_is_not_pruned_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The module takes its inputs by name, in another order than its example has them."""
    stepped = mixed(tmp_path).pruned(epochs=1)
    assert stepped.report.effect["layers"] == 2
    assert stepped.report.notes[0] == (
        "not pruned: table.weight, unused.weight, memory.weight_ih_l0, memory.weight_hh_l0 (NNCF prunes what "
        "convolutions and matrix products have of their own)"
    )
    found = weights(stepped.model)
    assert np.count_nonzero(found[FIRST]) < FIRST[0] * FIRST[1]
    buffer = trained.module("Mixed").fixed.numpy()
    assert np.array_equal(found[buffer.shape], buffer)
    assert len(stepped.model.outputs) == 3
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["Classifier", "Pictures"])
def test_zeros_are_held_while_the_others_learn(tmp_path: Path, name: str) -> None:
    given = factory(tmp_path, name)
    seen: list[int] = []
    own = targets(given)
    student = masked(given.trainable(), LOCAL, 0.6, own.given([0]))
    before, masks = student.state(), {key: mask.clone() for key, mask in student.masks.items()}

    def count(amount: float) -> None:
        held = student.state()
        seen.append(sum(int((held[key.removeprefix("inner.")][~mask] != 0).sum()) for key, mask in masks.items()))

    loss = DistillationLoss.of(own, "kl", 2.0)
    done = Distillation(student, own, loss, Schedule(EPOCHS, 8, 1e-3, 0)).run(Checkpoint(None, ""), Watched(count))
    assert set(seen) == {0}
    assert len(seen) == EPOCHS * (4 + 1)
    assert done.epoch == EPOCHS
    assert done.after.error < done.before.error
    for key, mask in masks.items():
        own_name = key.removeprefix("inner.")
        assert not done.state[own_name][~mask].any()
        assert (done.state[own_name] != before[own_name])[mask].any()


@pytest.mark.parametrize("name", ["Classifier", "Pictures", "Sure"])
def test_the_figures_are_those_of_the_model_that_is_written(tmp_path: Path, name: str) -> None:
    given = factory(tmp_path, name)
    stepped = given.pruned(ratio=0.6)
    held = sorted(np.random.default_rng(0).permutation(len(given.samples))[:8])
    before = np.concatenate(outputs_in_f32(given.model(), [given.samples[i] for i in held]))
    after = np.concatenate(outputs_in_f32(stepped.model, [given.samples[i] for i in held]))
    effect = stepped.report.effect
    cosines = (before * after).sum(1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    assert effect["output_cosine"] == pytest.approx(cosines.mean(), abs=1e-4)
    assert effect["top1_agreement"] == pytest.approx((before.argmax(1) == after.argmax(1)).mean(), abs=1e-4)
    soft = [_softened(np.log(scores) if name == "Sure" else scores, 2.0) for scores in (before, after)]
    divergence = 4 * (soft[0] * np.log(soft[0] / soft[1])).sum(1).mean()
    assert effect["error"] == pytest.approx(divergence, rel=0.01, abs=2e-6)
    assert effect["held_out"] == 8
    assert effect["zeros"] == pytest.approx(0.6, abs=0.02)
    kernels = weights(stepped.model).values()
    assert effect["zero_weights"] == sum(int((one == 0).sum()) for one in kernels)


def _softened(scores: np.ndarray, temperature: float) -> np.ndarray:
    power = np.exp(scores / temperature)
    return power / power.sum(1, keepdims=True)


def test_the_squared_error_is_a_share_of_the_variance(given: Given) -> None:
    stepped = given.pruned(error="mse")
    order = np.random.default_rng(0).permutation(len(given.samples))
    held, taught = ([given.samples[i] for i in sorted(part)] for part in (order[:8], order[8:]))
    before, after = (np.concatenate(outputs_in_f32(model, held)) for model in (given.model(), stepped.model))
    variance = np.concatenate(outputs_in_f32(given.model(), taught)).var()
    assert stepped.report.effect["error"] == pytest.approx(((before - after) ** 2).mean() / variance, rel=0.01)
    assert "top1_agreement" not in stepped.report.effect


def test_only_a_classifier_is_taught_its_classes_by_itself(given: Given) -> None:
    other = Given(given.path, given.samples, task="regression")
    assert given.pruned(epochs=1).report.effect == given.pruned(epochs=1, error="kl").report.effect
    assert other.pruned(epochs=1).report.effect == other.pruned(epochs=1, error="mse").report.effect


def test_a_model_of_single_samples_learns_the_same_as_in_batches(tmp_path: Path) -> None:
    together, alone = factory(tmp_path), factory(tmp_path, "Alone")
    assert (targets(together).stacks, targets(alone).stacks) == (True, False)
    one, other = weights(together.pruned().model), weights(alone.pruned().model)
    np.testing.assert_allclose(one[FIRST], other[FIRST], atol=2e-5)


def test_answers_that_are_not_remembered_are_asked_for_again(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    one = given.pruned()
    monkeypatch.setattr("ovopt.training.targets.REMEMBERED", 0)
    assert targets(given).answers is None
    np.testing.assert_allclose(weights(one.model)[FIRST], weights(given.pruned().model)[FIRST], atol=2e-5)


def test_a_seed_gives_the_same_weights_and_another_one_others(given: Given) -> None:
    first, again, other = (weights(given.pruned(seed=seed).model) for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_no_epochs_are_the_pruned_model_as_it_is(given: Given) -> None:
    stepped = given.pruned(epochs=0)
    effect = stepped.report.effect
    assert (effect["epochs"], effect["best_epoch"], effect["error"]) == (0, 0, effect["error_before"])
    assert len(stepped.report.notes) == 1
    for name, mask in masks_of(given, LOCAL, 0.5).items():
        assert np.array_equal(weights(stepped.model)[mask.shape], parameters()[name] * mask)


class Scripted:
    """Errors that somebody made up, one after the other; the last one stays."""

    def __init__(self, *errors: float) -> None:
        self.errors = list(errors)

    def __call__(self, *_others: object) -> Agreement:
        return Agreement(self.errors.pop(0) if len(self.errors) > 1 else self.errors[0], 1.0, 1.0)


@pytest.mark.parametrize(
    ("errors", "best", "diverged"),
    [
        ((1.0, 0.5, 0.2, 0.9, 0.4), 2, None),
        ((1.0, 0.5, 0.2, float("nan")), 2, 3),
        ((1.0, float("inf")), 0, 1),
        ((1.0, 1.0, 2.0, 3.0, 1.5), 0, None),
    ],
    ids=["best", "diverged", "diverged at once", "none better"],
)
def test_the_best_epoch_is_kept_or_the_start(
    given: Given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, errors: tuple[float, ...], best: int, diverged: Any
) -> None:
    own, kept = targets(given), {}
    student = masked(given.trainable(), LOCAL, 0.5, own.given([0]))
    kept[0] = student.state()
    monkeypatch.setattr(Agreement, "on_held_out", Scripted(*errors))

    def keep(amount: float) -> None:
        if amount == 0:
            kept[len(kept)] = student.state()

    schedule = Schedule(4, 8, 1e-3, 0)
    done = Distillation(student, own, DistillationLoss.of(own, "kl", 2.0), schedule).run(
        Checkpoint(tmp_path / "c.pt", ""), Watched(keep)
    )
    assert (done.epoch, done.diverged_in) == (best, diverged)
    assert all(torch.equal(value, kept[best][name]) for name, value in done.state.items())


def test_a_training_that_diverges_says_so_and_writes_the_start(given: Given) -> None:
    stepped = given.pruned(learning_rate=1e30)
    assert stepped.report.effect["best_epoch"] == 0
    assert stepped.report.notes[:-1] == (
        "the error was not finite in epoch 1: give a smaller learning_rate",
        "no epoch was better than the pruned model as it was, which is what is written",
    )
    assert same(weights(stepped.model), weights(given.pruned(epochs=0).model))


def test_a_layer_of_which_nothing_is_left_is_named(tmp_path: Path) -> None:
    given = factory(tmp_path, "Pictures")
    notes = given.pruned(ratio=0.995, epochs=0, mode=GLOBAL).report.notes
    said = (
        "nothing is left of deep.weight, wide.weight: no signal goes through; give a smaller ratio, or the other mode"
    )
    assert notes[0] == said


def stopping(after: int, error: type[BaseException] = KeyboardInterrupt) -> Callable[[float], None]:
    """Interrupts at a call of the progress: the batches of an epoch, then its end."""
    left = after

    def count(amount: float) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise error

    return count


@pytest.mark.parametrize("calls", [0, 2, 4, 5, 8, 9, 14], ids=lambda calls: f"after {calls} calls")
def test_an_interrupted_training_ends_where_one_in_one_piece_does(given: Given, tmp_path: Path, calls: int) -> None:
    file, stopped, resumed = tmp_path / "kept" / "c.pt", Watched(stopping(calls)), Watched()
    whole = given.pruned()
    with pytest.raises(KeyboardInterrupt):
        given.pruned(progress=stopped, checkpoint=file)
    done = (calls + 1) // 5
    if done:
        assert stopped.said[-1] == (
            f"epoch {done} of 3 and the best so far (epoch {done}) are kept in {file}; --resume goes on from there"
        )
        assert [one.name for one in file.parent.iterdir()] == ["c.pt"]
    else:
        assert stopped.said[-1] == "no epoch was finished, so nothing is kept"
        assert not file.exists()
    again = given.pruned(progress=resumed, checkpoint=file)
    assert resumed.said == ([f"{file}: goes on behind epoch {done} of 3"] if done else [])
    assert same(weights(again.model), weights(whole.model))
    assert again.report.effect == whole.report.effect


def test_twice_interrupted_is_no_different(given: Given, tmp_path: Path) -> None:
    file = tmp_path / "c.pt"
    for calls in (6, 6):
        with pytest.raises(SystemExit):
            given.pruned(progress=Watched(stopping(calls, SystemExit)), checkpoint=file)
    assert same(weights(given.pruned(checkpoint=file).model), weights(given.pruned().model))


def test_a_finished_training_is_not_made_again(given: Given, tmp_path: Path) -> None:
    first = given.pruned(checkpoint=tmp_path / "c.pt")
    again = given.pruned(checkpoint=tmp_path / "c.pt", progress=Watched(stopping(0)))
    assert same(weights(again.model), weights(first.model))


@pytest.mark.parametrize("change", ["seed", "settings", "samples", "weights", "buffers"])
def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path, change: str) -> None:
    given, file = factory(tmp_path, "Pictures"), tmp_path / "c.pt"
    given.pruned(checkpoint=file, epochs=1)
    if change in ("weights", "buffers"):
        what = "module.head.bias" if change == "weights" else "module.norm.running_mean"
        made = Path(given.path.rpartition(":")[0])
        code = made.read_text().replace("    return Pictures(), ", "    module = Pictures()\n    return module, ")
        made.write_text(code.replace("    return", f"    {what}.data += 0.5\n    return"))
    other = Given(given.path, given.samples[1:] if change == "samples" else given.samples)
    settings: dict[str, Any] = {"learning_rate": 0.01} if change == "settings" else {}
    message = f"{file}: of another model, data, seed or settings; leave --resume out, or remove it"
    with pytest.raises(OutputError, match=exactly(message)):
        other.pruned(checkpoint=file, epochs=1, seed=1 if change == "seed" else 0, **settings)


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04"])
def test_a_checkpoint_that_is_none_is_refused(given: Given, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.pt").write_bytes(content)
    message = f"{tmp_path / 'c.pt'}: not a checkpoint of ovopt; leave --resume out, or remove it"
    with pytest.raises(OutputError, match=exactly(message)):
        given.pruned(checkpoint=tmp_path / "c.pt")


def test_a_checkpoint_that_cannot_be_written_is_refused(given: Given, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"c\.pt: cannot be written: .*; choose another -o/--output"):
        given.pruned(checkpoint=tmp_path / "file" / "c.pt")


def test_programs_and_modules_learn_the_same(given: Given, program: Path, tmp_path: Path) -> None:
    torch.save(trained.module(), tmp_path / "m.pt")
    pickled = Given(str(tmp_path / "m.pt"), given.samples, {"x": (1, WIDTH)})
    made = weights(given.pruned().model)
    for other in (Given(str(program), given.samples), pickled):
        found = weights(other.pruned().model)
        for shape in (FIRST, HEAD):
            np.testing.assert_allclose(found[shape], made[shape], atol=2e-5)
            assert np.array_equal(found[shape] == 0, made[shape] == 0)


def test_shapes_that_were_given_hold(given: Given, program: Path, tmp_path: Path) -> None:
    torch.save(trained.module(), tmp_path / "m.pt")
    dynamic = trained.exported(tmp_path / "d.pt2", dynamic=True)
    for path in (given.path, str(tmp_path / "m.pt"), str(dynamic), str(program)):
        stepped = Given(path, given.samples, {"x": (1, WIDTH)}).pruned(epochs=0)
        assert list(stepped.model.input(0).shape) == [1, WIDTH]
    assert str(Given(str(dynamic), given.samples).pruned(epochs=0).model.input(0).partial_shape) == f"[?,{WIDTH}]"


def test_a_program_in_another_precision_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "half.pt2"
    program = torch.export.export(trained.module().half(), (torch.zeros(1, WIDTH).half(),))
    torch.export.save(program, file)
    message = f"{file}: its weights are torch.float16; export it in torch.float32, in which training is exact"
    with pytest.raises(ModelError, match=exactly(message)):
        Given(str(file), trained.rows()).trainable()


def test_a_program_that_is_decomposed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "core.pt2"
    program = torch.export.export(trained.module("Pictures"), (torch.zeros(1, WIDTH),)).run_decompositions()
    torch.export.save(program, file)
    message = (
        f"{file}: NNCF finds no convolution and no matrix product with weights of its own; an exported program must "
        "not be decomposed: save what torch.export.export gives as it is"
    )
    with pytest.raises(StepError, match=exactly(message)):
        Given(str(file), trained.rows()).pruned()


def test_a_program_exported_for_training_is_refused(tmp_path: Path) -> None:
    made = torch.nn.Sequential(torch.nn.Linear(WIDTH, CLASSES), torch.nn.Dropout(0.5)).train()
    program = torch.export.export(made, (torch.zeros(1, WIDTH),))
    torch.export.save(program, tmp_path / "m.pt2")
    with pytest.raises(ModelError, match=r"it was exported for training; call model\.eval\(\) before torch\.export"):
        Given(str(tmp_path / "m.pt2"), trained.rows()).pruned()


def test_a_function_that_makes_other_weights_each_time_is_refused(given: Given) -> None:
    file = Path(given.path.rpartition(":")[0])
    file.write_text(file.read_text().replace("torch.manual_seed(0)", "torch.seed()"))
    with pytest.raises(ModelError, match="a function that builds the module must give it the same weights every time"):
        given.pruned()


@pytest.mark.parametrize("trust", [False, True])
def test_nothing_is_run_without_trust(given: Given, tmp_path: Path, trust: bool) -> None:
    torch.save(trained.module(), tmp_path / "m.pt")
    for path in (given.path, str(tmp_path / "m.pt")):
        if trust:
            assert trained.read_trainable(path, {"x": (1, WIDTH)}, [frozenset({"x"})], trust).said == path
        else:
            with pytest.raises(ModelError, match="--trust"):
                trained.read_trainable(path, {"x": (1, WIDTH)}, [frozenset({"x"})], trust)


def test_a_function_that_makes_an_openvino_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("from tests.models import conv_model\ndef make():\n    return conv_model()\n")
    path = f"{tmp_path / 'm.py'}:make"
    message = f"{path}: makes an OpenVINO model, which cannot be trained; return a torch.nn.Module"
    with pytest.raises(ModelError, match=exactly(message)):
        trained.read_trainable(path, {}, [], True)


def test_too_few_samples_are_refused(given: Given) -> None:
    message = (
        "training takes at least 5 calibration samples, 4 are there; give more --data, or a larger "
        "data.splits.calibration"
    )
    with pytest.raises(DataError, match=exactly(message)):
        Given(given.path, given.samples[:4]).pruned()
    assert Given(given.path, given.samples[:5]).pruned().report.effect["held_out"] == 1


def test_no_more_samples_are_used_than_asked_for(given: Given) -> None:
    assert given.pruned(samples=10).report.effect["held_out"] == 2


class Idle(torch.nn.Module):
    """No number comes out that could be learned."""

    def forward(self, x):
        return (x.argmax(-1),)


class Restless(torch.nn.Module):
    """Another answer each time."""

    def forward(self, x):
        return (x + torch.rand(1),)


@pytest.mark.parametrize(
    ("teacher", "sample", "message"),
    [
        (Idle(), (1, 4), "m: has no output in floating point that could be learned from"),
        (
            Restless(),
            (1, 4),
            "m: answers the same sample differently each time: it was exported for training; call model.eval() before "
            "torch.export.export",
        ),
        (
            trained.module(),
            (1, 4),
            "m: PyTorch cannot run it on a calibration sample: RuntimeError: mat1 and mat2 shapes cannot be multiplied "
            f"(1x4 and {WIDTH}x{HIDDEN})",
        ),
    ],
    ids=["no output", "random", "does not run"],
)
def test_a_teacher_that_cannot_teach_is_refused(teacher: Any, sample: tuple[int, ...], message: str) -> None:
    samples: list[Tensors] = [(np.ones(sample, np.float32),)] * 5
    with pytest.raises(ModelError, match=exactly(message)):
        Targets.of("m", teacher, samples, 0)


def test_an_nncf_that_keeps_its_masks_elsewhere_is_named(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nncf.torch.function_hook.wrapper", None)
    trainable = given.trainable()
    message = (
        f"{trainable.said}: NNCF {nncf.__version__} keeps its masks elsewhere than 3.4 does (import of "
        "nncf.torch.function_hook.wrapper halted; None in sys.modules); pip install 'nncf==3.4.*'"
    )
    with pytest.raises(StepError, match=exactly(message)):
        masked(trainable, LOCAL, 0.5, ())
