"""What a series is, told from its header before anything runs."""

import gzip

import pytest
from crosshub import geo
from crosshub.inputs import GeoFiles, row_mistakes
from crosshub.kinds import kind_mistakes

ROW = {
    "cohort": "one",
    "accession": "GSE1",
    "platform": "GPL1",
    "disease": "flu",
    "role": "discovery",
    "case": "state=flu",
    "control": "state=well",
    "kind": "array",
    "covariates": "",
    "block": "",
    "filter": "",
    "scale": "",
}


def header(values=2, series="", **fields):
    """Return the text of a series matrix of three samples: a flu, two well."""
    own = {
        "geo_accession": ["GSM1", "GSM2", "GSM3"],
        "characteristics_ch1": ["state: flu", "state: well", "state: well"],
        "platform_id": ["GPL1"] * 3,
        "data_row_count": [str(values)] * 3,
    } | fields
    lines = ['!Series_geo_accession\t"GSE1"', *([series] if series else []), ""]
    lines += ["\t".join([f"!Sample_{name}", *(f'"{v}"' for v in own[name])]) for name in own]
    lines += ["!series_matrix_table_begin", '"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"']
    lines += [f'"p{i}"\t1\t2\t3' for i in range(values)]
    return "\n".join([*lines, "!series_matrix_table_end", ""])


@pytest.fixture
def mistakes(tmp_path):
    """Say what speaks against a cohort of this series."""

    def run(row=None, **changes):
        path = tmp_path / "GSE1_series_matrix.txt.gz"
        path.write_bytes(gzip.compress(header(**changes).encode()))
        series = geo.read_series_header(path)
        return kind_mistakes(series, ROW | (row or {}), has_values=geo.has_values(path))

    return run


def test_a_plain_human_array_is_fine(mistakes):
    human = {"organism_ch1": ["Homo sapiens"] * 3, "taxid_ch1": ["9606"] * 3}
    assert mistakes(channel_count=["1"] * 3, **human) == []
    assert mistakes() == []


def test_a_series_without_values_is_told_from_its_header(mistakes):
    (line,) = mistakes(values=0)
    assert line.startswith("cohort 'one': GSE1 carries no values, as RNA-seq series do: set kind")
    assert mistakes(values=0, row={"kind": "counts"}) == []


def test_the_table_tells_it_where_the_header_does_not(mistakes):
    rebuilt = {"data_row_count": [""] * 3}
    assert "carries no values" in mistakes(values=0, **rebuilt)[0]
    assert mistakes(values=2, **rebuilt) == []


def test_a_superseries_without_values_names_its_series(mistakes):
    parts = '!Series_relation\t"SuperSeries of: GSE7"\n!Series_relation\t"SuperSeries of: GSE8"'
    (line,) = mistakes(values=0, series=parts)
    assert line.endswith("use its series (GSE7, GSE8)")


def test_two_channels_are_refused(mistakes):
    assert "is a two-channel array" in mistakes(channel_count=["2"] * 3)[0]


def test_other_species_are_refused_unless_they_are_filtered_out(mistakes):
    mixed = {"organism_ch1": ["Homo sapiens", "Homo sapiens", "Mus musculus"]}
    (line,) = mistakes(**mixed)
    assert "1 samples are not human (Mus musculus)" in line
    assert mistakes(row={"filter": "organism_ch1=homo sapiens"}, **mixed) == []
    assert "3 samples are not human" in mistakes(taxid_ch1=["10090"] * 3)[0]


def test_another_platform_than_the_table_says(mistakes):
    (line,) = mistakes(platform_id=["GPL2"] * 3)
    assert "was measured on GPL2, the table says GPL1" in line


def test_arrays_are_no_counts(mistakes):
    assert "no sequencing series" in mistakes(row={"kind": "counts"}, type=["RNA"] * 3)[0]
    assert mistakes(row={"kind": "counts"}, type=["SRA"] * 3) == []


def test_every_series_of_the_mirror_is_what_its_line_says(mirror):
    files = GeoFiles("nowhere", str(mirror))

    def of(accession, **changes):
        row = ROW | {"accession": accession, "case": "geo_accession=GSM", "control": "title=."}
        folder = mirror / "series" / geo.folder_of(accession) / "matrix"
        path = folder / f"{accession}_series_matrix.txt.gz"
        # The rules are tried elsewhere: here both claim everybody.
        series, full = geo.read_series_header(path), geo.has_values(path)
        return kind_mistakes(series, row | changes, has_values=full)

    for accession in ("GSE55235", "GSE55457", "GSE30528", "GSE19420", "GSE35958"):
        assert of(accession) == []
    for accession in ("GSE52778", "GSE184951"):
        assert "carries no values" in of(accession)[0]
        assert of(accession, kind="counts") == []
    row = ROW | {"accession": "GSE52778", "case": "treatment=dex", "control": "treatment=untreated"}
    assert "carries no values" in " ".join(files.mistakes([row]))


def test_mistakes_of_kind_and_of_rules_come_together(tmp_path):
    path = tmp_path / "GSE1_series_matrix.txt.gz"
    path.write_bytes(gzip.compress(header(values=0).encode()))
    found = row_mistakes(path, ROW | {"case": "state=gout"})
    assert len(found) == 2
    assert "carries no values" in found[0]
    assert "matches no sample" in found[1]


def test_several_platforms_are_listed(tmp_path):
    folder = tmp_path / "series/GSEnnn/GSE1/matrix"
    folder.mkdir(parents=True)
    for platform in ("GPL96", "GPL97"):
        (folder / f"GSE1-{platform}_series_matrix.txt.gz").write_bytes(b"")
    (line,) = GeoFiles("nowhere", str(tmp_path)).mistakes([ROW])
    assert "GSE1 has several platforms: write one of GSE1-GPL96, GSE1-GPL97" in line
