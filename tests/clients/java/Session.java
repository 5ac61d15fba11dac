// Connections of MariaDB's Connector/J, driven step by step; see tests/matrix/README.md for the requests.
//
// The first line of standard input holds the settings, each other line a request, and each line of standard
// output the answer to one. A cell is shown as the class of its object and its text.

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mariadb.jdbc.MariaDbConnection;

public class Session {
    static final int SHOWN_WHOLE = 400;
    static final Gson GSON = new GsonBuilder().serializeNulls().create();

    record Settings(String host, int port, String user, String password, String ca) {}

    record Request(String on, String sql, String database, String password, boolean multi, boolean local,
        List<List<Object>> many, String select, String insert, List<String> leave, List<String> ask) {}

    final Settings settings;
    final Map<String, Connection> connections = new HashMap<>();

    Session(Settings settings) {
        this.settings = settings;
    }

    public static void main(String[] arguments) throws Exception {
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var session = new Session(GSON.fromJson(requests.readLine(), Settings.class));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(GSON.toJson(session.answer((String) GSON.fromJson(line, Map.class).get("do"), GSON.fromJson(line, Request.class))));
        }
    }

    Object answer(String what, Request request) {
        var answer = new LinkedHashMap<String, Object>();
        try {
            answer.put("value", value(what, request));
        } catch (SQLException error) {
            // Its own errors have no number, or one that is none.
            Object code = error.getErrorCode() > 0 ? error.getErrorCode() : null;
            answer.put("error", error(code, error));
        } catch (RuntimeException error) {
            answer.put("error", error(null, error));
        }
        return answer;
    }

    static Object error(Object code, Exception error) {
        var told = new LinkedHashMap<String, Object>();
        told.put("code", code);
        // It puts the number of its connection before the words.
        told.put("text", String.valueOf(error.getMessage()).replaceFirst("^\\(conn=\\d+\\) ", ""));
        return told;
    }

    Object value(String what, Request request) throws SQLException {
        return switch (what) {
            case "connect" -> connect(request);
            case "query" -> query(connections.get(request.on()), request.sql());
            case "execute" -> execute(request);
            case "copy" -> copy(request);
            case "begin" -> autocommit(request, false);
            case "commit" -> end(request, true);
            case "rollback" -> end(request, false);
            case "reconnect" -> reconnect(request);
            case "pool" -> pool(request);
            case "close" -> close(request);
            default -> throw new IllegalArgumentException(what);
        };
    }

    Connection open(Request wanted, String more) throws SQLException {
        String database = wanted.database() == null ? "matrix" : wanted.database();
        String url = "jdbc:mariadb://" + settings.host() + ":" + settings.port() + "/" + database + "?useSsl=true&serverSslCert="
            + settings.ca() + "&useServerPrepStmts=true&allowMultiQueries=" + wanted.multi() + "&allowLocalInfile=" + wanted.local() + more;
        return DriverManager.getConnection(url, settings.user(), wanted.password() == null ? settings.password() : wanted.password());
    }

    Object connect(Request request) throws SQLException {
        Connection connection = open(request, "");
        connections.put(request.on(), connection);
        return Map.of("id", number(connection), "version", connection.getMetaData().getDatabaseProductVersion());
    }

    static long number(Connection connection) throws SQLException {
        return connection.unwrap(MariaDbConnection.class).getServerThreadId();
    }

    static List<Object> query(Connection connection, String sql) throws SQLException {
        var found = new ArrayList<Object>();
        try (Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() != -1) {
                found.add(rows ? result(statement.getResultSet()) : Map.of("affected", statement.getUpdateCount()));
                rows = statement.getMoreResults();
            }
        }
        return found;
    }

    Object execute(Request request) throws SQLException {
        var found = new ArrayList<Object>();
        try (PreparedStatement statement = connections.get(request.on()).prepareStatement(request.sql())) {
            for (List<Object> parameters : request.many()) {
                for (int place = 0; place < parameters.size(); place++) {
                    // Numbers come as floating ones out of JSON.
                    Object value = parameters.get(place) instanceof Double number ? (Object) number.longValue() : parameters.get(place);
                    statement.setObject(place + 1, value);
                }
                boolean rows = statement.execute();
                found.add(rows ? result(statement.getResultSet()) : Map.of("affected", statement.getUpdateCount()));
            }
        }
        return found;
    }

    Object copy(Request request) throws SQLException {
        Connection connection = connections.get(request.on());
        var shown = new ArrayList<Object>();
        try (Statement reading = connection.createStatement();
                ResultSet rows = reading.executeQuery(request.select());
                PreparedStatement writing = connection.prepareStatement(request.insert())) {
            while (rows.next()) {
                Object cell = rows.getObject(1);
                writing.setObject(1, cell);
                writing.execute();
                shown.add(java.util.Arrays.asList(shown(cell)));
            }
        }
        return shown;
    }

    Object autocommit(Request request, boolean on) throws SQLException {
        connections.get(request.on()).setAutoCommit(on);
        return null;
    }

    Object end(Request request, boolean keep) throws SQLException {
        Connection connection = connections.get(request.on());
        if (keep) {
            connection.commit();
        } else {
            connection.rollback();
        }
        return autocommit(request, true);
    }

    Object reconnect(Request request) throws SQLException {
        // As pools do it: they ask whether it is there, and take another if not.
        if (!connections.get(request.on()).isValid(5)) {
            connect(request);
        }
        return null;
    }

    // What the second user of a pool of one connection finds of the first.
    Object pool(Request request) throws SQLException {
        String pooled = "&pool=true&maxPoolSize=1&useResetConnection=true";
        long first;
        try (Connection connection = open(request, pooled)) {
            first = number(connection);
            for (String sql : request.leave()) {
                query(connection, sql);
            }
        }
        try (Connection connection = open(request, pooled)) {
            var left = new ArrayList<Object>();
            for (String sql : request.ask()) {
                left.add(query(connection, sql));
            }
            return Map.of("again", number(connection) == first, "left", left);
        }
    }

    Object close(Request request) throws SQLException {
        Connection connection = connections.remove(request.on());
        if (connection != null) {
            connection.close();
        }
        return null;
    }

    static Object result(ResultSet rows) throws SQLException {
        var about = rows.getMetaData();
        var columns = new ArrayList<String>();
        for (int column = 1; column <= about.getColumnCount(); column++) {
            columns.add(about.getColumnLabel(column) + " " + about.getColumnTypeName(column));
        }
        var cells = new ArrayList<List<String>>();
        while (rows.next()) {
            var row = new ArrayList<String>();
            for (int column = 1; column <= columns.size(); column++) {
                row.add(shown(rows.getObject(column)));
            }
            cells.add(row);
        }
        return Map.of("columns", columns, "rows", cells);
    }

    static String shown(Object value) throws SQLException {
        if (value == null) {
            return null;
        }
        if (value instanceof Blob blob) {
            return shown(blob.getBytes(1, (int) blob.length()));
        }
        String text = value instanceof byte[] bytes ? new String(bytes, StandardCharsets.ISO_8859_1) : value.toString();
        if (text.length() > SHOWN_WHOLE) {
            text = text.substring(0, 20) + "… of " + text.length();
        }
        return value.getClass().getSimpleName() + " " + text;
    }
}
