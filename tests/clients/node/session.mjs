// Connections of one of the Node drivers, driven step by step; see tests/matrix/README.md for the requests.
//
// The first line of standard input holds the settings, each other line a request, and each line of standard
// output the answer to one. A cell is shown as its type and its text.
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const SHOWN_WHOLE = 400;

function shown(value) {
  if (value === null || value === undefined) return null;
  const text = plain(value);
  return `${typeof value === 'object' ? value.constructor.name : typeof value} ${text.length > SHOWN_WHOLE ? `${text.slice(0, 20)}… of ${text.length}` : text}`;
}

function plain(value) {
  if (value instanceof Date) return Number.isNaN(value.valueOf()) ? 'invalid' : value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const shownRows = (rows) => [...rows].map((row) => row.map(shown));

// What both drivers do alike, their connections being much the same.
class Client {
  constructor(settings, module) {
    this.settings = settings;
    this.module = module;
    this.connections = new Map();
  }

  options({ database = 'matrix', password, multi = false } = {}) {
    const { host, port, user, ca } = this.settings;
    return {
      host,
      port,
      user,
      password: password ?? this.settings.password,
      database,
      ssl: { ca: readFileSync(ca) },
      rowsAsArray: true,
      multipleStatements: multi,
      // One of them waits for a second only, which a busy machine may need.
      connectTimeout: 20000,
    };
  }

  async connect({ on, ...wanted }) {
    const connection = await this.module.createConnection(this.options(wanted));
    // A connection that is lost says so, whether or not it was asked.
    connection.on('error', () => {});
    this.connections.set(on, connection);
    return { id: connection.threadId, version: this.version(connection) };
  }

  async query({ on, sql }) {
    return this.results(await this.ask(this.connections.get(on), sql));
  }

  async execute({ on, sql, many }) {
    const found = [];
    // Both keep a statement that they prepared and take it again.
    for (const parameters of many) found.push(...this.results(await this.connections.get(on).execute(sql, parameters)));
    return found;
  }

  async copy({ on, select, insert }) {
    const connection = this.connections.get(on);
    const [result] = this.pairs(await this.ask(connection, select));
    for (const row of result.rows) await connection.execute(insert, row);
    return shownRows(result.rows);
  }

  async begin({ on }) { await this.connections.get(on).beginTransaction(); }
  async commit({ on }) { await this.connections.get(on).commit(); }
  async rollback({ on }) { await this.connections.get(on).rollback(); }
  async reconnect({ on }) { await this.connect({ on }); }

  async change_user({ on, password, database }) {
    await this.connections.get(on).changeUser({ user: this.settings.user, password, database });
  }

  async close({ on }) {
    const connection = this.connections.get(on);
    this.connections.delete(on);
    // An end that is asked of a lost connection does not come.
    connection?.destroy();
  }

  async pool({ leave, ask }) {
    const pool = this.module.createPool({ ...this.options(), connectionLimit: 1, ...this.pooling });
    let connection = await pool.getConnection();
    const first = connection.threadId;
    for (const sql of leave) await connection.query(sql);
    await connection.release();
    connection = await pool.getConnection();
    const left = [];
    for (const sql of ask) left.push(this.results(await this.ask(connection, sql)));
    const again = connection.threadId === first;
    await connection.release();
    await pool.end();
    return { again, left };
  }

  results(answer) {
    return this.pairs(answer).map(({ fields, rows }) => (fields
      ? { columns: fields.map((field) => this.column(field)), rows: shownRows(rows) }
      : { affected: rows.affectedRows }));
  }
}

class MySql2 extends Client {
  pooling = { resetOnRelease: true };

  options(wanted) {
    const options = { ...super.options(wanted), supportBigNumbers: true };
    if (wanted?.local) options.infileStreamFactory = (path) => createReadStream(path);
    return options;
  }

  version(connection) { return connection.connection._handshakePacket.serverVersion; }
  ask(connection, sql) { return connection.query(sql); }
  column(field) { return `${field.name} ${field.type}`; }

  // Rows and fields, or lists of both where there are several results; a procedure ends with one of no rows.
  pairs([rows, fields]) {
    const several = Array.isArray(fields) && (fields.length === 0 || fields.some((field) => field === undefined || Array.isArray(field)));
    if (!several || !Array.isArray(rows)) return [{ rows, fields: Array.isArray(rows) ? fields : undefined }];
    return rows.map((result, place) => ({ rows: result, fields: fields[place] }));
  }
}

class MariaDb extends Client {
  pooling = { resetAfterUse: true };

  options(wanted) {
    const options = super.options(wanted);
    if (wanted?.local) options.permitLocalInfile = true;
    return options;
  }

  version(connection) { return connection.serverVersion(); }
  ask(connection, sql) { return connection.query(sql); }
  column(field) { return `${field.name()} ${field.type}`; }

  pairs(found) {
    const isResult = (one) => one?.meta !== undefined || one?.affectedRows !== undefined;
    const results = Array.isArray(found) && !found.meta && found.every(isResult) && found.length ? found : [found];
    return results.map((result) => ({ rows: result, fields: result.meta }));
  }
}

const settings = {};
let client;
const requests = createInterface({ input: process.stdin, crlfDelay: Infinity });
for await (const line of requests) {
  const request = JSON.parse(line);
  if (!client) {
    Object.assign(settings, request);
    client = settings.driver === 'mysql2'
      ? new MySql2(settings, await import('mysql2/promise'))
      : new MariaDb(settings, await import('mariadb'));
    continue;
  }
  let answer;
  try {
    answer = { value: await client[request.do](request) };
  } catch (error) {
    answer = { error: { code: error.errno ?? null, text: String(error.sqlMessage ?? error.stack) } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
