"""Two IR files are the same, or equal but for the numbers in names, or not."""

from ovopt.model.files.same_graph import same_graph

GRAPH = '<layer id="0" name="Constant_12" type="Const"/><layer id="1" name="Convert_13"/><edge value="Constant_12"/>'


def test_the_same_text_is_identical() -> None:
    assert same_graph(GRAPH, GRAPH) == "identical"


def test_other_numbers_in_names_are_a_renumbered_graph() -> None:
    other = GRAPH.replace("Constant_12", "Constant_99012").replace("Convert_13", "Convert_99013")
    assert same_graph(GRAPH, other) == "renumbered"


def test_a_name_that_points_elsewhere_is_another_graph() -> None:
    assert same_graph(GRAPH, GRAPH.replace('value="Constant_12"', 'value="Constant_14"')) == "different"


def test_two_names_that_become_one_are_another_graph() -> None:
    two = '<a name="Add_1"/><a name="Add_2"/>'
    assert same_graph(two, '<a name="Add_5"/><a name="Add_5"/>') == "different"


def test_a_number_that_is_no_part_of_a_name_counts() -> None:
    assert same_graph('<data shape="1, 8"/>', '<data shape="1, 9"/>') == "different"
