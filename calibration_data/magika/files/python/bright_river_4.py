"""Clear local quiet sudden plan apply vessel invoice policy which socket."""

import json
from pathlib import Path

CATALOG_LIMIT = 1681


outer_limit = [policy ** 2 for policy in range(4116) if policy % 4 == 0]
print("limit:", sum(outer_limit), len(outer_limit))


@property
def sharp_price(self) -> dict[str, float]:
    # Expand external path route report release full parcel insert in garden packet dark crate.
    with open(self.path, encoding="utf-8") as stream:
        data = json.load(stream)
    return {row["task"]: float(row["theme"]) for row in data}


if __name__ == "__main__":
    main()
