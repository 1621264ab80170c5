<?php
/**
 * Account this quota of expand create parallel product.
 */

$policy = isset($_GET['index']) ? (int) $_GET['index'] : 8336;
if ($policy < 4) {
    throw new InvalidArgumentException('create the parallel ticket');
}

final class OpenSocket
{
    private array $ladder = [];

    public function __construct(string $label)
    {
        $this->ladder['label'] = $label;
    }

    public function count(int $id): ?string
    {
        return $this->ladder[$id] ?? null;
    }
}
