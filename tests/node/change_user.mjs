// A new login in the same connection of a Node driver: settings as JSON on standard input; on standard output
// what each login reads, and how often the number of the connection changed on the client's side.
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const options = {
  host: '127.0.0.1',
  port: settings.port,
  user: settings.logins[0].user,
  password: settings.logins[0].password,
  database: settings.logins[0].database,
  ssl: { ca: readFileSync(settings.ca) },
  rowsAsArray: true,
};

const drivers = {
  mysql2: async () => (await import('mysql2/promise')).createConnection(options),
  mariadb: async () => (await import('mariadb')).createConnection(options),
};
try {
  const connection = await drivers[settings.package]();
  const answers = [];
  for (const [index, login] of settings.logins.entries()) {
    if (index) await connection.changeUser(login);
    try {
      const rows = await connection.query(settings.sql);
      answers.push(String((settings.package === 'mysql2' ? rows[0] : rows)[0][0]));
    } catch (error) {
      answers.push(String(error.errno));
    }
  }
  await connection.end();
  console.log(JSON.stringify(answers));
} catch (error) {
  console.error(`${error.errno} ${error.sqlMessage ?? error.message}`);
  process.exit(1);
}
