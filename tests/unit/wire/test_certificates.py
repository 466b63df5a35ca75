"""Items and choices: exactly what was chosen is fetched."""

from __future__ import annotations

import itertools

import pytest

from akashi.wire.certificates import ALWAYS, ITEMS_OF, Choice, Item, items_for


def test_every_item_is_either_always_there_or_opened_by_one_choice() -> None:
    optional = [item for items in ITEMS_OF.values() for item in items]
    assert set(ITEMS_OF) == set(Choice)
    assert sorted([*ALWAYS, *optional]) == sorted(Item)


@pytest.mark.promise("C3")
def test_exactly_the_chosen_items_are_fetched() -> None:
    for count in range(len(Choice) + 1):
        for choices in itertools.combinations(Choice, count):
            assert set(items_for(choices)) == {*ALWAYS, *(item for choice in choices for item in ITEMS_OF[choice])}


@pytest.mark.promise("C3")
def test_nothing_chosen_is_nothing_optional() -> None:
    assert items_for(()) == ALWAYS
    assert not {Item.HONSEKI, Item.HITTOSHA, Item.MY_NUMBER, Item.RELATIONSHIP, Item.JUMINHYO_CODE} & set(items_for(()))


def test_the_order_is_that_of_the_form_not_of_the_choice() -> None:
    assert items_for((Choice.MY_NUMBER, Choice.RELATIONSHIP)) == items_for((Choice.RELATIONSHIP, Choice.MY_NUMBER))
    assert items_for((Choice.HONSEKI, Choice.HONSEKI)) == items_for((Choice.HONSEKI,))
