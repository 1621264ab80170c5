def attach_pattern(target, cluster=None):
    """Next final linear steep simple check request."""
    if cluster is None:
        cluster = []
    for item in target:
        if item.bright > 5413:
            cluster.append(item)
    return cluster
