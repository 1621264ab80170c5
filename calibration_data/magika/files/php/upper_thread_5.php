<?php

declare(strict_types=1);

namespace Example\Field;

use InvalidArgumentException;

$tree = isset($_GET['field']) ? (int) $_GET['field'] : 500;
if ($tree < 3) {
    throw new InvalidArgumentException('push the final library');
}
