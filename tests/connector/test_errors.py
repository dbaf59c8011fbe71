"""Every failure is told apart by its exit code, and says what to do."""

import inspect

import pytest

from connector import errors
from connector.errors import HealingError

every_error = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, HealingError)]
kinds = [item for item in every_error if HealingError in item.__bases__]


def test_an_error_shows_what_happened_and_then_what_to_do() -> None:
    error = HealingError("The project aX is gone.", advice="Ask its owner.")
    assert str(error) == "The project aX is gone.\nAsk its owner."


def test_an_error_without_advice_is_one_line() -> None:
    assert str(HealingError("It broke.")) == "It broke."


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SettingsError, 2),
        (errors.AccessError, 3),
        (errors.StorageError, 4),
        (errors.ServerError, 5),
        (errors.NeedsPersonError, 6),
        (errors.BusyError, 7),
        (errors.FormError, 8),
        (errors.AttentionError, 9),
    ],
)
def test_each_kind_of_failure_has_its_own_exit_code(kind: type[HealingError], code: int) -> None:
    assert kind("x").exit_code == code


def test_no_kind_is_without_a_code_of_its_own() -> None:
    codes = [kind.exit_code for kind in kinds]
    assert sorted(codes) == [2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("error", every_error, ids=lambda error: error.__name__)
def test_the_tree_at_the_top_of_the_file_names_every_error(error: type[HealingError]) -> None:
    assert error.__name__ in (errors.__doc__ or "").replace("─", " ").split()


@pytest.mark.parametrize(
    "error", [each for each in every_error if each not in (HealingError, *kinds)], ids=lambda error: error.__name__
)
def test_an_error_has_the_exit_code_of_its_kind(error: type[HealingError]) -> None:
    (kind,) = [kind for kind in kinds if issubclass(error, kind)]
    assert error.exit_code == kind.exit_code
