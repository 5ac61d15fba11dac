// Statements through MariaDB's Connector/J, in each way that it has.
//
// Settings as JSON on standard input; on standard output, for each way, the cells of each statement by every getter.

import com.google.gson.Gson;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class Client {
    record Settings(String host, int port, String user, String password, String ca, Map<String, List<String>> statements) {}

    interface Getter {
        Object get(ResultSet rows, int column) throws SQLException;
    }

    static final Map<String, Getter> GETTERS = new LinkedHashMap<>();

    static {
        GETTERS.put("getBoolean", ResultSet::getBoolean);
        GETTERS.put("getByte", ResultSet::getByte);
        GETTERS.put("getShort", ResultSet::getShort);
        GETTERS.put("getInt", ResultSet::getInt);
        GETTERS.put("getLong", ResultSet::getLong);
        GETTERS.put("getFloat", ResultSet::getFloat);
        GETTERS.put("getDouble", ResultSet::getDouble);
        GETTERS.put("getBigDecimal", ResultSet::getBigDecimal);
        GETTERS.put("getString", ResultSet::getString);
        GETTERS.put("getBytes", ResultSet::getBytes);
        GETTERS.put("getDate", ResultSet::getDate);
        GETTERS.put("getTime", ResultSet::getTime);
        GETTERS.put("getTimestamp", ResultSet::getTimestamp);
        GETTERS.put("getBlob", ResultSet::getBlob);
        GETTERS.put("LocalDate", (rows, column) -> rows.getObject(column, LocalDate.class));
        GETTERS.put("LocalTime", (rows, column) -> rows.getObject(column, LocalTime.class));
        GETTERS.put("LocalDateTime", (rows, column) -> rows.getObject(column, LocalDateTime.class));
    }

    public static void main(String[] arguments) throws Exception {
        var settings = new Gson().fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Settings.class);
        var all = new LinkedHashMap<String, Object>();
        for (var way : settings.statements().entrySet()) {
            all.put(way.getKey(), answers(settings, way.getKey(), way.getValue()));
        }
        System.out.write(new Gson().toJson(all).getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    static List<Object> answers(Settings settings, String way, List<String> statements) throws SQLException {
        boolean prepared = way.startsWith("prepared");
        String url = "jdbc:mariadb://" + settings.host() + ":" + settings.port() + "/?useSsl=true&serverSslCert="
            + settings.ca() + "&useServerPrepStmts=" + prepared + (way.endsWith("integers") ? "&tinyInt1isBit=false&yearIsDateType=false" : "");
        var answers = new ArrayList<Object>();
        try (Connection connection = DriverManager.getConnection(url, settings.user(), settings.password())) {
            for (String sql : statements) {
                try (Statement statement = prepared ? connection.prepareStatement(sql) : connection.createStatement()) {
                    if (way.endsWith("streamed")) {
                        statement.setFetchSize(1);
                    }
                    ResultSet rows = statement instanceof PreparedStatement ready ? ready.executeQuery() : statement.executeQuery(sql);
                    answers.add(answer(rows));
                } catch (SQLException | RuntimeException error) {
                    answers.add(Map.of("error", error.toString()));
                }
            }
        }
        return answers;
    }

    static Object answer(ResultSet rows) throws SQLException {
        ResultSetMetaData about = rows.getMetaData();
        var columns = new ArrayList<String>();
        for (int column = 1; column <= about.getColumnCount(); column++) {
            columns.add(String.join(" ", about.getColumnLabel(column), about.getColumnTypeName(column), about.getColumnClassName(column),
                String.valueOf(about.isNullable(column)), String.valueOf(about.isSigned(column)), String.valueOf(about.getScale(column))));
        }
        var cells = new ArrayList<List<String>>();
        while (rows.next()) {
            var row = new ArrayList<String>();
            for (int column = 1; column <= columns.size(); column++) {
                row.add(cell(rows, column));
            }
            cells.add(row);
        }
        return Map.of("columns", columns, "rows", cells);
    }

    // What the driver says is the value of the column must be readable; any other getter may refuse.
    static String cell(ResultSet rows, int column) throws SQLException {
        var readings = new StringBuilder("getObject " + printed(rows.getObject(column)));
        for (var getter : GETTERS.entrySet()) {
            try {
                readings.append(" | ").append(getter.getKey()).append(' ').append(printed(getter.getValue().get(rows, column)));
            } catch (SQLException | RuntimeException error) {
                readings.append(" !");
            }
        }
        return readings.toString();
    }

    static String printed(Object value) throws SQLException {
        if (value == null) {
            return "null";
        }
        if (value instanceof Blob blob) {
            return "Blob " + printed(blob.getBytes(1, (int) blob.length()));
        }
        String text = value instanceof byte[] bytes ? new String(bytes, StandardCharsets.ISO_8859_1) : value.toString();
        return value.getClass().getSimpleName() + " " + text;
    }
}
