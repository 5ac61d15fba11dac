<?php
// Connections of mysqli or PDO, driven step by step; see tests/matrix/README.md for the requests.
//
// The first line of standard input holds the settings, each other line a request, and each line of standard
// output the answer to one. A cell is shown as its type and its text.

const SHOWN_WHOLE = 400;

set_error_handler(function ($number, $text) { throw new ErrorException($text, $number); });

// What is not UTF-8 is shown byte by byte.
function shown(mixed $value): ?string {
    if ($value === null) {
        return null;
    }
    $text = is_string($value) ? $value : var_export($value, true);
    if (strlen($text) > SHOWN_WHOLE) {
        $text = substr($text, 0, 20) . '… of ' . strlen($text);
    }
    if (!preg_match('//u', $text)) {
        $text = preg_replace_callback('/[^ -~]/', fn ($byte) => sprintf('\\x%02x', ord($byte[0])), $text);
    }
    return get_debug_type($value) . ' ' . $text;
}

function shown_rows(array $rows): array {
    return array_map(fn ($row) => array_map('shown', $row), $rows);
}

abstract class Client {
    protected array $connections = [];

    public function __construct(protected array $settings) {}

    abstract protected function open(array $wanted): object;

    public function close(array $request): void {
        unset($this->connections[$request['on']]);
    }

    public function reconnect(array $request): void {
        $this->connect($request);
    }

    // What the second user of a connection that is kept finds of the first.
    public function pool(array $request): array {
        $wanted = ['on' => 'pooled', 'kept' => true];
        $first = $this->connect($wanted)['id'];
        foreach ($request['leave'] as $sql) {
            $this->query(['on' => 'pooled', 'sql' => $sql]);
        }
        $this->close($wanted);
        $again = $this->connect($wanted)['id'];
        $left = array_map(fn ($sql) => $this->query(['on' => 'pooled', 'sql' => $sql]), $request['ask']);
        $this->close($wanted);
        return ['again' => $again === $first, 'left' => $left];
    }
}

class Mysqli_ extends Client {
    protected function open(array $wanted): mysqli {
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        $connection = mysqli_init();
        $connection->options(MYSQLI_OPT_LOCAL_INFILE, !empty($wanted['local']));
        $connection->ssl_set(null, null, $this->settings['ca'], null, null);
        $host = (empty($wanted['kept']) ? '' : 'p:') . $this->settings['host'];
        $connection->real_connect($host, $this->settings['user'], $wanted['password'] ?? $this->settings['password'],
            $wanted['database'] ?? 'matrix', $this->settings['port'], null, MYSQLI_CLIENT_SSL);
        $connection->set_charset('utf8mb4');
        return $connection;
    }

    public function connect(array $request): array {
        $connection = $this->connections[$request['on']] = $this->open($request);
        return ['id' => $connection->thread_id, 'version' => $connection->server_info];
    }

    public function query(array $request): array {
        $connection = $this->connections[$request['on']];
        $connection->multi_query($request['sql']);
        $found = [];
        do {
            $result = $connection->store_result();
            $found[] = $result ? $this->result($result) : ['affected' => $connection->affected_rows];
        } while ($connection->next_result());
        return $found;
    }

    private function result(mysqli_result $result): array {
        $columns = array_map(fn ($field) => "$field->name $field->type $field->flags", $result->fetch_fields());
        return ['columns' => $columns, 'rows' => shown_rows($result->fetch_all(MYSQLI_NUM))];
    }

    public function execute(array $request): array {
        $statement = $this->connections[$request['on']]->prepare($request['sql']);
        $found = [];
        foreach ($request['many'] as $parameters) {
            $statement->execute($parameters ?: null);
            $result = $statement->get_result();
            $found[] = $result ? $this->result($result) : ['affected' => $statement->affected_rows];
        }
        return $found;
    }

    public function cursor(array $request): array {
        $statement = $this->connections[$request['on']]->prepare($request['sql']);
        $statement->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
        $statement->execute();
        $cells = array_fill(0, $statement->field_count, null);
        $statement->bind_result(...$cells);
        $rows = [];
        while ($statement->fetch()) {
            $rows[] = array_map('shown', $cells);
        }
        return ['rows' => $rows];
    }

    public function copy(array $request): array {
        $connection = $this->connections[$request['on']];
        $rows = $connection->query($request['select'])->fetch_all(MYSQLI_NUM);
        $insert = $connection->prepare($request['insert']);
        foreach ($rows as $row) {
            $insert->execute($row);
        }
        return shown_rows($rows);
    }

    public function change_user(array $request): void {
        $connection = $this->connections[$request['on']];
        $connection->change_user($this->settings['user'], $request['password'], $request['database']);
    }

    public function begin(array $request): void { $this->connections[$request['on']]->begin_transaction(); }
    public function commit(array $request): void { $this->connections[$request['on']]->commit(); }
    public function rollback(array $request): void { $this->connections[$request['on']]->rollback(); }

    public function close(array $request): void {
        if (isset($this->connections[$request['on']])) {
            $this->connections[$request['on']]->close();
        }
        parent::close($request);
    }
}

class Pdo_ extends Client {
    protected function open(array $wanted): PDO {
        $database = $wanted['database'] ?? 'matrix';
        $where = "mysql:host={$this->settings['host']};port={$this->settings['port']};dbname=$database;charset=utf8mb4";
        return new PDO($where, $this->settings['user'], $wanted['password'] ?? $this->settings['password'], [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_PERSISTENT => !empty($wanted['kept']),
            PDO::MYSQL_ATTR_LOCAL_INFILE => !empty($wanted['local']),
            PDO::MYSQL_ATTR_SSL_CA => $this->settings['ca'],
        ]);
    }

    public function connect(array $request): array {
        $connection = $this->connections[$request['on']] = $this->open($request);
        // It does not tell the number of its connection.
        $id = $connection->query('SELECT CONNECTION_ID()')->fetchColumn();
        return ['id' => $id, 'version' => $connection->getAttribute(PDO::ATTR_SERVER_VERSION)];
    }

    public function query(array $request): array {
        $statement = $this->connections[$request['on']]->query($request['sql']);
        $found = [];
        do {
            $found[] = $this->result($statement);
        } while ($statement->nextRowset());
        return $found;
    }

    private function result(PDOStatement $statement): array {
        if ($statement->columnCount() === 0) {
            return ['affected' => $statement->rowCount()];
        }
        $columns = [];
        for ($place = 0; $place < $statement->columnCount(); $place++) {
            $meta = $statement->getColumnMeta($place);
            $columns[] = "{$meta['name']} " . ($meta['native_type'] ?? '?') . ' ' . implode(',', $meta['flags']);
        }
        return ['columns' => $columns, 'rows' => shown_rows($statement->fetchAll(PDO::FETCH_NUM))];
    }

    public function execute(array $request): array {
        $connection = $this->connections[$request['on']];
        $statement = $connection->prepare($request['sql'], [PDO::ATTR_EMULATE_PREPARES => false]);
        $found = [];
        foreach ($request['many'] as $parameters) {
            $statement->execute($parameters);
            $found[] = $this->result($statement);
        }
        return $found;
    }

    public function copy(array $request): array {
        $connection = $this->connections[$request['on']];
        $rows = $connection->query($request['select'])->fetchAll(PDO::FETCH_NUM);
        $insert = $connection->prepare($request['insert']);
        foreach ($rows as $row) {
            $insert->execute($row);
        }
        return shown_rows($rows);
    }

    public function begin(array $request): void { $this->connections[$request['on']]->beginTransaction(); }
    public function commit(array $request): void { $this->connections[$request['on']]->commit(); }
    public function rollback(array $request): void { $this->connections[$request['on']]->rollBack(); }
}

function answer(Client $client, array $request): array {
    try {
        return ['value' => $client->{$request['do']}($request)];
    } catch (PDOException $error) {
        return ['error' => ['code' => $error->errorInfo[1] ?? $error->getCode(), 'text' => $error->getMessage()]];
    } catch (Throwable $error) {
        return ['error' => ['code' => $error->getCode() ?: null, 'text' => $error->getMessage()]];
    }
}

$settings = json_decode(fgets(STDIN), true, 512, JSON_THROW_ON_ERROR);
$client = ['PHP mysqli' => new Mysqli_($settings), 'PHP PDO' => new Pdo_($settings)][$settings['driver']];
while (($line = fgets(STDIN)) !== false) {
    $answer = answer($client, json_decode($line, true, 512, JSON_THROW_ON_ERROR));
    echo json_encode($answer, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
