// One statement through a Node driver: settings as JSON on standard input, rows as JSON on standard output.
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const options = {
  host: '127.0.0.1',
  port: settings.port,
  user: settings.user,
  password: settings.password,
  ssl: { ca: readFileSync(settings.ca) },
  dateStrings: true,
  rowsAsArray: true,
};

async function mysql2() {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(options);
  const [rows] = await connection[settings.method](settings.sql);
  await connection.end();
  return rows;
}

async function mariadb() {
  const { createConnection } = await import('mariadb');
  const connection = await createConnection(options);
  const rows = await connection[settings.method](settings.sql);
  await connection.end();
  return [...rows];
}

const drivers = { mysql2, mariadb };
try {
  const rows = await drivers[settings.package]();
  console.log(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
} catch (error) {
  console.error(`${error.errno} ${error.sqlMessage ?? error.message}`);
  process.exit(1);
}
