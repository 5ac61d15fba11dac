// Statements through one of the Node drivers, in each way that it has.
//
// Settings as JSON on standard input; on standard output, for each way, the cells of each statement with their types.
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const where = {
  host: settings.host,
  port: settings.port,
  user: settings.user,
  password: settings.password,
  ssl: { ca: readFileSync(settings.ca) },
  rowsAsArray: true,
  // One of them waits for a second only, which a busy machine may need.
  connectTimeout: 20000,
};

// A value as text with its type; one that only looks like a value is an error.
function printed(value) {
  if (value === null || value === undefined) return String(value);
  if (Number.isNaN(value)) throw new Error('NaN');
  if (value instanceof Date) return `Date ${value.toISOString()}`;
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString('latin1')}`;
  if (typeof value === 'object') return `${value.constructor.name} ${JSON.stringify(value)}`;
  return `${typeof value} ${value}`;
}

function answer(fields, rows) {
  const name = (field) => (typeof field.name === 'function' ? field.name() : field.name);
  return {
    columns: fields.map((field) => `${name(field)} ${field.type} ${field.flags}`),
    rows: [...rows].map((row) => row.map(printed)),
  };
}

async function streamed(query, stream) {
  let fields;
  query.on('fields', (found) => { fields = found; });
  const rows = [];
  for await (const row of stream) rows.push(row);
  return answer(fields, rows);
}

async function mysql2() {
  const { createConnection } = await import('mysql2/promise');
  const by = (method, options) => async () => {
    const connection = await createConnection({ ...where, ...options });
    const ask = async (sql) => {
      const [rows, fields] = await connection[method](sql);
      return answer(fields, rows);
    };
    return { ask, end: () => connection.destroy() };
  };
  const stream = (method) => async () => {
    const connection = await createConnection(where);
    const ask = (sql) => {
      const query = connection.connection[method](sql);
      return streamed(query, query.stream());
    };
    return { ask, end: () => connection.destroy() };
  };
  const strings = { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true };
  const numbers = { decimalNumbers: true, supportBigNumbers: true, jsonStrings: true, timezone: 'Z' };
  return { by, stream, strings, numbers };
}

async function mariadb() {
  const { createConnection } = await import('mariadb');
  const by = (method, options) => async () => {
    const connection = await createConnection({ ...where, ...options });
    const ask = async (sql) => {
      const rows = await connection[method](sql);
      return answer(rows.meta, rows);
    };
    return { ask, end: () => connection.destroy() };
  };
  const stream = (method) => async () => {
    const connection = await createConnection(where);
    const start = async (sql) => {
      if (method === 'query') return connection.queryStream(sql);
      return (await connection.prepare(sql)).executeStream();
    };
    const ask = async (sql) => {
      const query = await start(sql);
      return streamed(query, query);
    };
    return { ask, end: () => connection.destroy() };
  };
  const strings = { dateStrings: true, bitOneIsBoolean: false, autoJsonMap: false };
  const numbers = { bigIntAsNumber: true, decimalAsNumber: true, timezone: 'Z' };
  return { by, stream, strings, numbers };
}

async function answers(connect, statements) {
  const found = [];
  let connection;
  for (const sql of statements) {
    try {
      connection ??= await connect();
      found.push(await connection.ask(sql));
    } catch (error) {
      found.push({ error: String(error.sqlMessage ?? error.stack) });
      connection?.end();
      connection = undefined;
    }
  }
  connection?.end();
  return found;
}

const { by, stream, strings, numbers } = await { mysql2, mariadb }[settings.driver]();
const ways = {
  text: by('query', {}),
  'text, strings': by('query', strings),
  'text, numbers': by('query', numbers),
  'text, streamed': stream('query'),
  prepared: by('execute', {}),
  'prepared, strings': by('execute', strings),
  'prepared, numbers': by('execute', numbers),
  'prepared, streamed': stream('execute'),
};
const all = {};
for (const [way, statements] of Object.entries(settings.statements)) {
  all[way] = await answers(ways[way], statements);
}
console.log(JSON.stringify(all));
