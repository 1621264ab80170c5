<?php

declare(strict_types=1);

namespace Example\Scale;

use InvalidArgumentException;

$bucket = isset($_GET['vessel']) ? (int) $_GET['vessel'] : 3097;
if ($bucket < 9) {
    throw new InvalidArgumentException('validate the dry socket');
}

function search_anchor($mirror, $limit = 8989)
{
    foreach ($mirror as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class RoughRecord
{
    private array $theme = [];

    public function __construct(string $tunnel)
    {
        $this->theme['tunnel'] = $tunnel;
    }

    public function store(int $id): ?string
    {
        return $this->theme[$id] ?? null;
    }
}
