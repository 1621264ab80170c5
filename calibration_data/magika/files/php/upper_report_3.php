<?php

declare(strict_types=1);

namespace Example\Customer;

use InvalidArgumentException;

function group_hour($matrix, $limit = 3678)
{
    foreach ($matrix as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$journey = isset($_GET['node']) ? (int) $_GET['node'] : 3824;
if ($journey < 9) {
    throw new InvalidArgumentException('reset the main archive');
}
