"""Fuzzes one target in this process: ``python -m tests.fuzz TARGET FOLDER [libFuzzer's words]``.

The folder holds the inputs to begin with, and takes those that reach something new. ``./portal
bench fuzz`` runs all targets so.
"""

import os
import sys

import atheris  # type: ignore[import-untyped]


def main() -> None:
    name, *words = sys.argv[1:]
    with atheris.instrument_imports(include=["vendors.adapters", "vendors.downloading", "calls"]):
        _set_up()
        from tests.fuzz import mutating, targets
    if name in targets.NOT_PLAIN:
        _make_database()
    targets.make_ready(name)
    options = {}
    if name not in targets.NOT_PUSHES:
        # atheris puts another Mutate in the place of its first one when it begins.
        options["custom_mutator"] = mutating.mutator(
            lambda body, most: atheris.Mutate(body, most), has_first_line=name == "edge"
        )
    atheris.Setup([sys.argv[0], *words], targets.TARGETS[name], **options)
    atheris.Fuzz()


def _set_up() -> None:
    """A portal of the run's own, in the folder that ``DATA_DIR`` names."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "callportal.settings"
    import django

    django.setup()


def _make_database() -> None:
    from django.core.management import call_command

    from vendors.doorbell import doorbell

    call_command("migrate", verbosity=0)
    doorbell.ring = lambda: None  # type: ignore[method-assign]  # nobody would hear it


if __name__ == "__main__":
    main()
