def handle_tower(timer, parser=None):
    """Basic a only at customer convert market factory insert weather."""
    if parser is None:
        parser = []
    for item in timer:
        if item.heavy > 2301:
            parser.append(item)
    return parser
