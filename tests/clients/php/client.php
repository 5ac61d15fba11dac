<?php
// Statements through mysqli or PDO, in each way that they have.
//
// Settings as JSON on standard input; on standard output, for each way, the cells of each statement with their types.

set_error_handler(function ($number, $text) { throw new ErrorException($text, $number); });

// A value as text with its type; what is not UTF-8 is shown byte by byte.
function printed(mixed $value): string {
    $text = is_string($value) ? $value : var_export($value, true);
    if (!preg_match('//u', $text)) {
        $text = preg_replace_callback('/[^ -~]/', fn ($byte) => sprintf('\\x%02x', ord($byte[0])), $text);
    }
    return get_debug_type($value) . ' ' . $text;
}

function answer(array $columns, array $rows): array {
    return ['columns' => $columns, 'rows' => array_map(fn ($row) => array_map('printed', $row), $rows)];
}

function fields(mysqli_result $result): array {
    return array_map(fn ($field) => "$field->name $field->type $field->flags", $result->fetch_fields());
}

function result(mysqli_result $result): array {
    return answer(fields($result), $result->fetch_all(MYSQLI_NUM));
}

function mysqli_ways(array $settings): array {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $connect = function (bool $numbers = false) use ($settings): mysqli {
        $connection = mysqli_init();
        $connection->options(MYSQLI_OPT_INT_AND_FLOAT_NATIVE, $numbers ? 1 : 0);
        $connection->ssl_set(null, null, $settings['ca'], null, null);
        $connection->real_connect($settings['host'], $settings['user'], $settings['password'], '',
            $settings['port'], null, MYSQLI_CLIENT_SSL);
        $connection->set_charset('utf8mb4');
        return $connection;
    };
    $query = function (bool $numbers, int $mode) use ($connect) {
        return function () use ($connect, $numbers, $mode) {
            $connection = $connect($numbers);
            return fn ($sql) => result($connection->query($sql, $mode));
        };
    };
    $prepared = function () use ($connect) {
        $connection = $connect();
        return function ($sql) use ($connection) {
            $statement = $connection->prepare($sql);
            $statement->execute();
            return result($statement->get_result());
        };
    };
    $bound = fn (int $cursor) => function () use ($connect, $cursor) {
        $connection = $connect();
        return fn ($sql) => bound($connection->prepare($sql), $cursor);
    };
    return [
        'text' => $query(false, MYSQLI_STORE_RESULT),
        'text, numbers' => $query(true, MYSQLI_STORE_RESULT),
        'text, unbuffered' => $query(true, MYSQLI_USE_RESULT),
        'prepared' => $prepared,
        'prepared, bound' => $bound(MYSQLI_CURSOR_TYPE_NO_CURSOR),
        'prepared, cursor' => $bound(MYSQLI_CURSOR_TYPE_READ_ONLY),
    ];
}

function bound(mysqli_stmt $statement, int $cursor): array {
    $statement->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, $cursor);
    $statement->execute();
    $fields = fields($statement->result_metadata());
    $cells = array_fill(0, count($fields), null);
    $statement->bind_result(...$cells);
    $rows = [];
    while ($statement->fetch()) {
        // Each cell is a reference that the next row overwrites.
        $rows[] = array_map(fn ($cell) => $cell, $cells);
    }
    return answer($fields, $rows);
}

function pdo_ways(array $settings): array {
    $way = fn (array $options) => function () use ($settings, $options) {
        $where = "mysql:host={$settings['host']};port={$settings['port']};charset=utf8mb4";
        $connection = new PDO($where, $settings['user'], $settings['password'], $options + [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::MYSQL_ATTR_SSL_CA => $settings['ca'],
        ]);
        return function ($sql) use ($connection) {
            $statement = $connection->prepare($sql);
            $statement->execute();
            $columns = [];
            for ($place = 0; $place < $statement->columnCount(); $place++) {
                $meta = $statement->getColumnMeta($place);
                $columns[] = "{$meta['name']} " . ($meta['native_type'] ?? '?') . ' ' . implode(',', $meta['flags']);
            }
            return answer($columns, $statement->fetchAll(PDO::FETCH_NUM));
        };
    };
    $real = [PDO::ATTR_EMULATE_PREPARES => false];
    $unbuffered = [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false];
    return [
        'text' => $way([]),
        'text, strings' => $way([PDO::ATTR_STRINGIFY_FETCHES => true]),
        'text, unbuffered' => $way($unbuffered),
        'prepared' => $way($real),
        'prepared, unbuffered' => $way($real + $unbuffered),
    ];
}

function answers(Closure $connect, array $statements): array {
    $ask = null;
    $answers = [];
    foreach ($statements as $sql) {
        try {
            $ask ??= $connect();
            $answers[] = $ask($sql);
        } catch (Throwable $error) {
            $answers[] = ['error' => $error->getMessage()];
            $ask = null;
        }
    }
    return $answers;
}

$settings = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
$ways = ['PHP mysqli' => mysqli_ways(...), 'PHP PDO' => pdo_ways(...)][$settings['driver']]($settings);
$all = [];
foreach ($settings['statements'] as $way => $statements) {
    $all[$way] = answers($ways[$way], $statements);
}
echo json_encode($all, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
