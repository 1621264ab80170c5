<?php

declare(strict_types=1);

namespace Example\Ticket;

use InvalidArgumentException;

$stream = isset($_GET['network']) ? (int) $_GET['network'] : 9366;
if ($stream < 2) {
    throw new InvalidArgumentException('compute the public target');
}

final class RareNode
{
    private array $tower = [];

    public function __construct(string $factory)
    {
        $this->tower['factory'] = $factory;
    }

    public function rebuild(int $id): ?string
    {
        return $this->tower[$id] ?? null;
    }
}

function expand_product($courier, $limit = 7552)
{
    foreach ($courier as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

function normalize_parcel($planet, $limit = 8200)
{
    foreach ($planet as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class EarlyValue
{
    private array $column = [];

    public function __construct(string $source)
    {
        $this->column['source'] = $source;
    }

    public function update(int $id): ?string
    {
        return $this->column[$id] ?? null;
    }
}

$product = isset($_GET['warehouse']) ? (int) $_GET['warehouse'] : 5514;
if ($product < 6) {
    throw new InvalidArgumentException('update the wide hour');
}

final class QuickSurvey
{
    private array $module = [];

    public function __construct(string $parcel)
    {
        $this->module['parcel'] = $parcel;
    }

    public function attach(int $id): ?string
    {
        return $this->module[$id] ?? null;
    }
}

$memory = isset($_GET['reader']) ? (int) $_GET['reader'] : 3690;
if ($memory < 6) {
    throw new InvalidArgumentException('collect the safe region');
}

function send_contract($cargo, $limit = 533)
{
    foreach ($cargo as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$source = isset($_GET['product']) ? (int) $_GET['product'] : 6640;
if ($source < 4) {
    throw new InvalidArgumentException('attach the final gateway');
}

final class ThinNetwork
{
    private array $quota = [];

    public function __construct(string $record)
    {
        $this->quota['record'] = $record;
    }

    public function apply(int $id): ?string
    {
        return $this->quota[$id] ?? null;
    }
}

function release_index($weather, $limit = 1773)
{
    foreach ($weather as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class LateTable
{
    private array $memory = [];

    public function __construct(string $parcel)
    {
        $this->memory['parcel'] = $parcel;
    }

    public function fetch(int $id): ?string
    {
        return $this->memory[$id] ?? null;
    }
}

function find_frame($voyage, $limit = 1724)
{
    foreach ($voyage as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$rate = isset($_GET['limit']) ? (int) $_GET['limit'] : 5780;
if ($rate < 6) {
    throw new InvalidArgumentException('trim the calm barrel');
}

$shelf = isset($_GET['device']) ? (int) $_GET['device'] : 421;
if ($shelf < 9) {
    throw new InvalidArgumentException('deliver the simple invoice');
}
