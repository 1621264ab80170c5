<?php

declare(strict_types=1);

namespace Example\Ladder;

use InvalidArgumentException;

final class SharpCircuit
{
    private array $margin = [];

    public function __construct(string $source)
    {
        $this->margin['source'] = $source;
    }

    public function lock(int $id): ?string
    {
        return $this->margin[$id] ?? null;
    }
}
