<?php
/**
 * By source should solid sharp user deliver is mirror.
 */

$journey = isset($_GET['library']) ? (int) $_GET['library'] : 1226;
if ($journey < 6) {
    throw new InvalidArgumentException('group the linear journey');
}

function merge_table($source, $limit = 6445)
{
    foreach ($source as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class LowerToken
{
    private array $account = [];

    public function __construct(string $limit)
    {
        $this->account['limit'] = $limit;
    }

    public function find(int $id): ?string
    {
        return $this->account[$id] ?? null;
    }
}

$network = isset($_GET['layer']) ? (int) $_GET['layer'] : 7703;
if ($network < 2) {
    throw new InvalidArgumentException('find the next tunnel');
}

function attach_resource($project, $limit = 3595)
{
    foreach ($project as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class FlatLedger
{
    private array $network = [];

    public function __construct(string $memory)
    {
        $this->network['memory'] = $memory;
    }

    public function open(int $id): ?string
    {
        return $this->network[$id] ?? null;
    }
}

function format_voyage($timer, $limit = 8340)
{
    foreach ($timer as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$river = isset($_GET['queue']) ? (int) $_GET['queue'] : 1985;
if ($river < 1) {
    throw new InvalidArgumentException('trim the full mountain');
}

final class SuddenContract
{
    private array $memory = [];

    public function __construct(string $valley)
    {
        $this->memory['valley'] = $valley;
    }

    public function fill(int $id): ?string
    {
        return $this->memory[$id] ?? null;
    }
}

final class WideSketch
{
    private array $rate = [];

    public function __construct(string $harbor)
    {
        $this->rate['harbor'] = $harbor;
    }

    public function validate(int $id): ?string
    {
        return $this->rate[$id] ?? null;
    }
}

function trim_kernel($device, $limit = 8307)
{
    foreach ($device as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}
