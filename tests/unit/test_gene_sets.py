"""A family of genes from a GMT file."""

import pytest
from crosshub.errors import DataError
from crosshub.gene_sets import read_family, split_place


@pytest.fixture
def gmt(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("FERROPTOSIS\tabout it\tGPX4\tACSL4\nNETS\tabout it\tPADI4\tGPX4\n")
    return path


def test_one_set_or_several_are_a_family(gmt):
    assert read_family(f"{gmt}:FERROPTOSIS") == ["ACSL4", "GPX4"]
    assert read_family(f"{gmt}:FERROPTOSIS, NETS") == ["ACSL4", "GPX4", "PADI4"]


def test_a_set_that_is_not_there_is_named_with_those_that_are(gmt):
    with pytest.raises(DataError, match="has no set 'M6A'; it has FERROPTOSIS, NETS"):
        read_family(f"{gmt}:M6A")


def test_a_file_may_have_colons_in_its_name():
    assert split_place("C:/sets.gmt:ONE,TWO") == ("C:/sets.gmt", ["ONE", "TWO"])
