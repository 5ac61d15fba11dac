# Connections of Ruby's mysql2, driven step by step; see tests/matrix/README.md for the requests.
#
# The first line of standard input holds the settings, each other line a request, and each line of standard
# output the answer to one. A cell is shown as its class and what Ruby prints of it.
require "json"
require "mysql2"

SHOWN_WHOLE = 400

def shown(cell)
  return nil if cell.nil?
  text = cell.is_a?(String) ? printable(cell) : cell.to_s
  text = "#{text[0, 20]}… of #{text.length}" if text.length > SHOWN_WHOLE
  "#{cell.class} #{text}"
end

def printable(text)
  text = text.dup.force_encoding(Encoding::UTF_8)
  text.valid_encoding? ? text : text.b.inspect
end

def shown_rows(rows)
  rows.map { |row| row.map { |cell| shown(cell) } }
end

# The requests, each a method.
class Session
  def initialize(settings)
    @settings = settings
    @connections = {}
  end

  def connect(on:, database: "matrix", password: nil, multi: false, local: false, **)
    flags = multi ? Mysql2::Client::MULTI_STATEMENTS : 0
    client = Mysql2::Client.new(
      host: @settings["host"], port: @settings["port"], username: @settings["user"],
      password: password || @settings["password"], database: database, encoding: "utf8mb4",
      sslca: @settings["ca"], flags: flags, local_infile: local, as: :array
    )
    @connections[on] = client
    { id: client.thread_id, version: client.server_info[:version] }
  end

  def query(on:, sql:)
    client = @connections[on]
    found = [result(client.query(sql), client)]
    while client.more_results?
      client.next_result
      found << result(client.store_result, client)
    end
    found
  end

  def execute(on:, sql:, many:)
    statement = @connections[on].prepare(sql)
    many.map { |parameters| result(statement.execute(*parameters, as: :array), statement) }
  ensure
    statement&.close
  end

  def copy(on:, select:, insert:)
    client = @connections[on]
    rows = client.query(select).to_a
    statement = client.prepare(insert)
    rows.each { |row| statement.execute(*row) }
    shown_rows(rows)
  end

  def begin(on:) = query(on: on, sql: "BEGIN") && nil
  def commit(on:) = query(on: on, sql: "COMMIT") && nil
  def rollback(on:) = query(on: on, sql: "ROLLBACK") && nil

  def reconnect(on:)
    connect(on: on) unless @connections[on].ping
    nil
  end

  def close(on:)
    @connections.delete(on)&.close
    nil
  end

  private

  def result(rows, client)
    return { affected: client.affected_rows } if rows.nil?
    { columns: rows.fields, rows: shown_rows(rows.to_a) }
  end
end

$stdout.sync = true
session = Session.new(JSON.parse($stdin.gets))
$stdin.each_line do |line|
  request = JSON.parse(line, symbolize_names: true)
  answer =
    begin
      { value: session.public_send(request.delete(:do), **request) }
    rescue StandardError => e
      { error: { code: e.respond_to?(:error_number) ? e.error_number : nil, text: "#{e.class}: #{e.message}" } }
    end
  puts JSON.generate(answer)
end
