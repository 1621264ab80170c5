"""Property tests depend on neither time nor luck, unless the nightly profile asks for luck.

`OVOPT_TEST_PROFILE=nightly` draws other examples in every run, and more of them; what fails is printed with the line
that repeats it.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "nightly", parent=settings.get_profile("steady"), derandomize=False, max_examples=1000, print_blob=True
)
settings.load_profile(os.environ.get("OVOPT_TEST_PROFILE", "steady"))
