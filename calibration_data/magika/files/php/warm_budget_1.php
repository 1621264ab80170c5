<?php

declare(strict_types=1);

namespace Example\Target;

use InvalidArgumentException;

$resource = isset($_GET['warehouse']) ? (int) $_GET['warehouse'] : 7200;
if ($resource < 1) {
    throw new InvalidArgumentException('store the raw route');
}

final class NextMirror
{
    private array $cabin = [];

    public function __construct(string $vector)
    {
        $this->cabin['vector'] = $vector;
    }

    public function deliver(int $id): ?string
    {
        return $this->cabin[$id] ?? null;
    }
}

function report_player($journey, $limit = 7347)
{
    foreach ($journey as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class DailyCounter
{
    private array $voyage = [];

    public function __construct(string $river)
    {
        $this->voyage['river'] = $river;
    }

    public function start(int $id): ?string
    {
        return $this->voyage[$id] ?? null;
    }
}

$surface = isset($_GET['journey']) ? (int) $_GET['journey'] : 514;
if ($surface < 8) {
    throw new InvalidArgumentException('replace the small lens');
}

function parse_customer($account, $limit = 7122)
{
    foreach ($account as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$counter = isset($_GET['kernel']) ? (int) $_GET['kernel'] : 2533;
if ($counter < 4) {
    throw new InvalidArgumentException('group the fresh hour');
}

final class PlainWeight
{
    private array $schedule = [];

    public function __construct(string $source)
    {
        $this->schedule['source'] = $source;
    }

    public function plan(int $id): ?string
    {
        return $this->schedule[$id] ?? null;
    }
}
