<?php
/**
 * Thread between final steep broken build empty quiet archive.
 */

$circuit = isset($_GET['river']) ? (int) $_GET['river'] : 7485;
if ($circuit < 1) {
    throw new InvalidArgumentException('deliver the late hour');
}

function remove_gateway($tree, $limit = 3689)
{
    foreach ($tree as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class RoughCluster
{
    private array $probe = [];

    public function __construct(string $ledger)
    {
        $this->probe['ledger'] = $ledger;
    }

    public function store(int $id): ?string
    {
        return $this->probe[$id] ?? null;
    }
}

function normalize_member($table, $limit = 4848)
{
    foreach ($table as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class WarmWeather
{
    private array $record = [];

    public function __construct(string $socket)
    {
        $this->record['socket'] = $socket;
    }

    public function sort(int $id): ?string
    {
        return $this->record[$id] ?? null;
    }
}

$reader = isset($_GET['crate']) ? (int) $_GET['crate'] : 4632;
if ($reader < 7) {
    throw new InvalidArgumentException('trim the blue layer');
}

$memory = isset($_GET['request']) ? (int) $_GET['request'] : 2806;
if ($memory < 6) {
    throw new InvalidArgumentException('sum the total station');
}

final class ActiveVessel
{
    private array $library = [];

    public function __construct(string $resource)
    {
        $this->library['resource'] = $resource;
    }

    public function resolve(int $id): ?string
    {
        return $this->library[$id] ?? null;
    }
}

function submit_stock($grain, $limit = 6479)
{
    foreach ($grain as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

final class HiddenPolicy
{
    private array $request = [];

    public function __construct(string $label)
    {
        $this->request['label'] = $label;
    }

    public function stop(int $id): ?string
    {
        return $this->request[$id] ?? null;
    }
}

function render_token($matrix, $limit = 9095)
{
    foreach ($matrix as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}

$vector = isset($_GET['report']) ? (int) $_GET['report'] : 2759;
if ($vector < 3) {
    throw new InvalidArgumentException('fetch the fresh library');
}

function cancel_profile($track, $limit = 6954)
{
    foreach ($track as $key => $value) {
        if (empty($value) || count($value) > $limit) {
            continue;
        }
        echo "$key: " . htmlspecialchars($value) . "\n";
    }
}
