from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest

from ovopt.bench.engines.openvino import OpenVino
from ovopt.bench.engines.openvino_session import OpenVinoSession
from ovopt.contracts import Key, Placement
from ovopt.errors import ModelError, SettingsError
from tests.bench.engines import samples as s
from tests.cli import run
from tests.models import adding_model, recurrent_model, saved

F32 = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return run.write_ir(tmp_path / "tiny.xml", shape=(-1, run.WIDTH))


def engine(model: Path, batch: int = 1, **changed: Any) -> OpenVino:
    return OpenVino(
        Placement(**{"model": model, "shapes": {}, "outputs": (0,), "device": "CPU", "batch": batch, **changed})
    )


@pytest.mark.parametrize("requests", [None, 3])
def test_outputs_are_the_models(model: Path, requests: int | None) -> None:
    given = s.samples()
    session = engine(model).open(F32, given, requests)
    s.check_outputs(session, given)


@pytest.mark.parametrize("batch", [1, 4])
def test_every_inference_is_counted_once(model: Path, batch: int) -> None:
    given = s.samples(batch)
    session = engine(model, batch).open(F32, given, 2)
    s.check_timing(session, given, 2)
    s.check_answers(session, given)


@pytest.mark.parametrize("batch", [1, 4])
def test_what_was_timed_can_be_looked_at(model: Path, batch: int) -> None:
    given = s.samples(batch)
    s.check_latest(engine(model, batch).open(F32, given, 2), given)


def test_serving_answers_every_request(model: Path) -> None:
    s.check_serving(engine(model).open(F32, s.samples(), 2))


def serve(session: OpenVinoSession) -> None:
    session.serve([0.0, 0.001], 0)


def answer_all(session: OpenVinoSession) -> None:
    session.answer_all(iter(s.samples(count=2)))


def answer_each(session: OpenVinoSession) -> None:
    for _ in session.answer_each(((i, 0), sample) for i, sample in enumerate(s.samples(count=2))):
        pass


def fail_in_between(session: OpenVinoSession) -> None:
    with pytest.raises(ZeroDivisionError):
        session.answer_all(s.samples()[i] for i in range(2) if 1 / (1 - i))


@pytest.mark.parametrize("use", [serve, answer_all, answer_each, fail_in_between])
def test_a_compiled_model_is_freed_once_nobody_holds_its_session(
    model: Path, use: Callable[[OpenVinoSession], None]
) -> None:
    session = engine(model).open({}, s.samples(), 2)
    use(session)
    held = weakref.ref(session)
    del session
    gc.collect()
    assert held() is None


@pytest.mark.parametrize("use", [serve, answer_all, answer_each, fail_in_between])
def test_the_runtime_calls_nothing_of_pythons(
    model: Path, use: Callable[[OpenVinoSession], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its threads let go of a callback some time after the last answer. One that has to wait for the interpreter then,
    while that ends, aborts the process; one that is the last to hold the compiled model joins itself."""

    def called(self: object, callback: object) -> None:
        raise AssertionError("a callback")

    monkeypatch.setattr(openvino.AsyncInferQueue, "set_callback", called)
    monkeypatch.setattr(openvino.InferRequest, "set_callback", called)
    use(engine(model).open(F32, s.samples(), 2))


def test_an_item_that_cannot_be_answered_is_raised_behind_those_before_it(model: Path) -> None:
    """The runtime refuses it at once, while the others are under way; the session can be used on."""
    session = engine(model).open(F32, s.samples(), 2)
    wrong = (np.zeros((1, run.WIDTH + 1), np.float32),)
    for before in range(5):
        items = [((index, 0), tensors) for index, tensors in enumerate([*s.samples()[:before], wrong, *s.samples()])]
        given: list[Key] = []
        with pytest.raises(RuntimeError, match="shape"):
            given.extend(key for key, _ in session.answer_each(iter(items)))
        assert given == [(index, 0) for index in range(before)]
    s.check_outputs(session, s.samples())


def test_a_batch_is_timed_whole_and_scored_sample_by_sample(model: Path) -> None:
    made = engine(model, batch=4)
    timed = made.open(F32, s.samples(4), None, timed=True)
    for (rows,) in s.samples(4):
        timed.run((rows,))
        assert timed.result().shape == (4, run.CLASSES)
        np.testing.assert_allclose(timed.result(), run.scores(rows), rtol=1e-4, atol=1e-4)
    s.check_outputs(made.open(F32, s.samples(), None, timed=False), s.samples())


def test_a_batch_that_the_model_cannot_take_is_the_callers_to_mend(tmp_path: Path) -> None:
    """A scalar has no dimension that a batch could go into."""
    model = saved(adding_model(("a", (), np.float32)), tmp_path)
    with pytest.raises(ModelError, match=r"\A--batch 5: .+\Z"):
        engine(model, batch=5)


def test_settings_are_read_back_from_the_compiled_model(model: Path) -> None:
    asked = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "2", **F32}
    session = engine(model).open(asked, s.samples(), 5)
    found = session.effective()
    assert (found.device, found.inference_precision, found.hint) == ("CPU", "f32", "THROUGHPUT")
    assert (found.streams, found.threads, found.requests) == (2, 2, 5)
    assert "ENABLE_CPU_PINNING" in found.properties
    assert not {"NUM_STREAMS", "SUPPORTED_PROPERTIES", "NETWORK_NAME"} & found.properties.keys()


def test_without_a_number_the_runtime_picks_the_requests(model: Path) -> None:
    session = engine(model).open({"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "2"}, s.samples(), None)
    compiled = session.request.get_compiled_model()
    assert session.effective().requests == compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")


def test_a_property_that_the_device_refuses_is_named(model: Path) -> None:
    with pytest.raises(SettingsError, match=r"\Adevice CPU refuses the properties NO_SUCH=1: .*NO_SUCH"):
        engine(model).open({"NO_SUCH": "1"}, s.samples(), None)


def test_only_the_property_that_is_at_fault_is_blamed(model: Path) -> None:
    with pytest.raises(SettingsError, match=r"\Adevice CPU refuses the properties INFERENCE_PRECISION_HINT=f7: "):
        engine(model).open({"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f7"}, s.samples(), None)


def test_a_device_that_is_not_here_is_named(model: Path) -> None:
    with pytest.raises(SettingsError, match=r"\A--device NOPE: no such device here; available: .*CPU"):
        engine(model, device="NOPE").open({}, s.samples(), None)


def test_the_outputs_are_those_that_were_chosen_in_their_order(tmp_path: Path) -> None:
    """y = x - h' and h' = h / 2 + x."""
    model = saved(recurrent_model(2), tmp_path)
    x, h = np.array([[1, 2]], np.float32), np.array([[4, -8]], np.float32)
    session = engine(model, outputs=(1, 0)).open(F32, [(x, h)], None)
    ((state, answer),) = s.answers(session, [((0, 0), (x, h))]).values()
    np.testing.assert_allclose(state, [3, -2], rtol=1e-6)
    np.testing.assert_allclose(answer, [-2, 4], rtol=1e-6)
    session.run((x, h))
    np.testing.assert_allclose(session.result(), [3, -2], rtol=1e-6)


def test_a_start_goes_through_every_stage(model: Path) -> None:
    found = OpenVino.start(Placement(model, {}, (0,), "CPU"), F32, s.samples()[0])
    assert min(found.read_ns, found.compile_ns, found.infer_ns) > 0
    assert 0 < found.before_bytes <= found.peak_bytes
    assert not found.from_cache


def test_the_second_start_with_a_cache_is_loaded_from_it(model: Path, tmp_path: Path) -> None:
    cached = {**F32, "CACHE_DIR": str(tmp_path / "cache")}
    starts = [OpenVino.start(Placement(model, {}, (0,), "CPU"), cached, s.samples()[0]) for _ in range(2)]
    assert [start.from_cache for start in starts] == [False, True]


def test_a_start_takes_shapes_and_batch(model: Path) -> None:
    placement = Placement(model, {"x": (1, run.WIDTH)}, (0,), "CPU", batch=4)
    assert OpenVino.start(placement, F32, s.samples(4)[0]).infer_ns > 0


def test_an_audit_tells_operations_and_the_time_of_an_inference(model: Path) -> None:
    found = engine(model).audit({**F32, "NUM_STREAMS": "2"}, s.samples())
    assert found.ops_by_precision.keys() == {"f32"}
    assert found.ops_us == pytest.approx(sum(found.time_by_precision.values()))
    assert found.wall_us > 0


def test_after_several_turns_what_was_timed_is_the_last_turns(model: Path) -> None:
    """A request holds another sample in every turn: what it held before must not be taken for its output."""
    given = s.samples()
    session = engine(model).open(F32, given, 2)
    for first in (0, 3, 1):
        session.infer_for(0.001, first)
        latest = dict(session.latest())
        assert set(latest) == {first, first + 1}
        for index, output in latest.items():
            (rows,) = given[index]
            np.testing.assert_allclose(np.squeeze(output), np.squeeze(run.scores(rows)), rtol=1e-3, atol=1e-3)
