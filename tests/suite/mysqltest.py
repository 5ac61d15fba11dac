"""Splits a file of the servers' own test language into the statements that it sends.

The rules are those of `mysqltest`, the program that runs such files: a statement ends at the
delimiter outside of quotes, a line that begins with `#` is a comment, one that begins with `--` is
a command of the program, and so is a statement whose first word is a command's name.
"""

import re
from dataclasses import dataclass

STATEMENT_BYTES_MAX = 1 << 20

# What the program does itself, and what never holds a statement of its own.
_COMMANDS = frozenset(
    b"""
    append_file assert cat_file change_user character_set chmod connect connection copy_file
    copy_files_wildcard dec delimiter die diff_files dirty_close disable_abort_on_error
    disable_async_client disable_column_names disable_connect_log disable_cursor_protocol
    disable_info disable_metadata disable_non_blocking_api disable_parsing disable_prepare_warnings
    disable_ps2_protocol disable_ps_protocol disable_query_log disable_reconnect disable_result_log
    disable_rpl_parse disable_service_connection disable_session_track_info disable_testcase
    disable_view_protocol disable_warnings disconnect echo enable_abort_on_error
    enable_async_client enable_column_names enable_connect_log enable_cursor_protocol enable_info
    enable_metadata enable_non_blocking_api enable_parsing enable_prepare_warnings
    enable_ps2_protocol enable_ps_protocol enable_query_log enable_reconnect enable_result_log
    enable_rpl_parse enable_service_connection enable_session_track_info enable_testcase
    enable_view_protocol enable_warnings end end_timer error exec exec_in_background execw exit
    expr file_exists force-cpdir force-rmdir horizontal_results if inc let list_files
    list_files_append_file list_files_write_file lowercase_result mkdir move_file optimizer_trace
    output partially_sorted_result perl ping query_attributes query_attrs_add query_attrs_delete
    query_attrs_reset query_get_value real_sleep reap
    remove_file remove_files_wildcard replace_column replace_numeric_round replace_regex
    replace_result require reset_connection result result_format rmdir save_master_pos send_quit
    send_shutdown shutdown_server skip skip_if_hypergraph sleep sorted_result source start_timer
    sync_slave_with_master sync_with_master system vertical_results wait_for_slave_to_stop while
    write_file write_line
    """.split()
)
# Commands whose argument is a statement; in those of the second group, `$name` is replaced first.
_SENDS_AS_WRITTEN = frozenset([b"query", b"send", b"query_horizontal", b"query_vertical"])
_SENDS_REPLACED = frozenset([b"eval", b"evalp", b"send_eval"])
# Commands that are followed by lines of their own, up to one that holds nothing but a mark.
_WITH_LINES = {b"perl": 0, b"write_file": 1, b"append_file": 1}

_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_-]*")
_VARIABLE = re.compile(rb"\$\{?[A-Za-z_]")
_BLOCK = re.compile(rb"(if|while)\s*\(", re.IGNORECASE)
_SPACE = b" \t\r\n\v\f"


def statements(text):
    """The statements of a file, as bytes, in the order in which they stand."""
    return [piece for piece in _Splitter(text).pieces() if isinstance(piece, bytes)]


def script(path, folder):
    """The same with those of the files that it takes in, as they would be sent."""
    return (step for step in steps(path, folder) if isinstance(step, bytes))


def steps(path, folder, depth=0):
    """The same with what the file does with its connections in between."""
    for piece in _Splitter(path.read_bytes()).pieces():
        if not isinstance(piece, Source):
            yield piece
        elif depth < _SOURCES_DEEP_MAX and (named := _named(piece.name, path, folder)):
            yield from steps(named, folder, depth + 1)


@dataclass
class Source:
    """Another file that a file takes in."""

    name: bytes


@dataclass
class Switch:
    """What a file does with the connection of a name: `connect`, `connection`, `disconnect`, `reset_connection`."""

    command: str
    name: str
    schema: str = ""


def _switch(command, rest):
    """`connect (name, host, user, password, schema, …)`, or another command with a name alone."""
    command = command.decode()
    rest = rest.decode(errors="replace").strip().rstrip(";").strip()
    parts = [part.strip(" '\"`") for part in rest.strip("()").split(",")]
    schema = parts[4] if command == "connect" and len(parts) > 4 else ""
    is_plain = all("$" not in part and "*" not in part for part in (parts[0], schema))
    return Switch(command, parts[0], schema) if is_plain else None


_SWITCHES = frozenset([b"connect", b"connection", b"disconnect", b"dirty_close", b"reset_connection"])


def _named(name, path, folder):
    if b"$" in name:
        return None
    name = name.decode(errors="replace")
    for start in (folder, path.parent):
        if (found := start / name).is_file():
            return found
    return None


_SOURCES_DEEP_MAX = 8


class _Splitter:
    def __init__(self, text):
        self._text = text
        self._at = 0
        self._delimiter = b";"
        self._is_parsing = True
        self._search = self._pattern()

    def _pattern(self):
        marks = b"|".join([re.escape(self._delimiter), rb"['\"`{]"])
        return re.compile(marks)

    def pieces(self):
        """The statements, the files that are taken in, and what is done with connections."""
        while (piece := self._next()) is not None:
            sent = self._sent(*piece)
            if isinstance(sent, (Source, Switch)) or (sent and len(sent) <= STATEMENT_BYTES_MAX):
                yield sent

    def _next(self):
        """The next piece up to its end, and whether it stands on a line with `--`."""
        text, length = self._text, len(self._text)
        while self._at < length:
            if text[self._at] in _SPACE:
                self._at += 1
            elif text.startswith(self._delimiter, self._at):
                self._at += len(self._delimiter)
            elif text[self._at] in b"#}{":
                # A brace that closes a block stands alone; one that opens it ended the piece before.
                if text[self._at] == ord("#"):
                    self._line()
                else:
                    self._at += 1
            elif text.startswith(b"-", self._at):
                line = self._line()
                if line.startswith(b"--"):
                    return line[2:].strip(), True
            else:
                return self._statement(), False
        return None

    def _line(self):
        end = self._text.find(b"\n", self._at)
        end = len(self._text) if end < 0 else end
        line = self._text[self._at : end]
        self._at = end + 1
        return line

    def _statement(self):
        """The text up to the delimiter, or up to the brace of a block."""
        text, start = self._text, self._at
        may_be_block = _BLOCK.match(text, start) or _WORD_OF_BLOCK.match(text, start)
        at = start
        while found := self._search.search(text, at):
            mark = found.group()
            at = found.end()
            if mark == self._delimiter:
                self._at = at
                return text[start : found.start()].strip()
            if mark == b"{":
                if may_be_block:
                    self._at = at
                    return text[start : found.start()].strip()
            else:
                at = _after_quote(text, at, mark)
        self._at = len(text)
        return text[start:].strip()

    def _sent(self, piece, on_line):
        """The statement that a piece sends to the server, if it sends one."""
        word = _WORD.match(piece)
        command = word.group().lower() if word else b""
        rest = piece[len(command) :].strip()
        if command == b"disable_parsing":
            self._is_parsing = False
        elif command == b"enable_parsing":
            self._is_parsing = True
        if not self._is_parsing:
            return None
        if command == b"delimiter":
            self._delimiter = rest or b";"
            self._search = self._pattern()
            return None
        if command == b"source":
            return Source(rest.rstrip(b";").strip())
        if command in _SWITCHES:
            return _switch(command, rest)
        if command in _WITH_LINES:
            self._skip_lines(command, rest)
            return None
        if command in _SENDS_AS_WRITTEN:
            return rest
        if command in _SENDS_REPLACED:
            return None if _VARIABLE.search(rest) else rest.replace(b"\\$", b"$")
        if command in (b"if", b"while") and not _BLOCK.match(piece):
            # MariaDB: IF … THEN, WHILE … DO outside of a routine.
            return None if on_line else piece
        if command in _COMMANDS or on_line:
            return None
        return piece

    def _skip_lines(self, command, rest):
        arguments = rest.rstrip(b";").split()
        place = _WITH_LINES[command]
        mark = arguments[place] if len(arguments) > place else b"EOF"
        # The rest of the line on which the command stands.
        if self._text[self._at - 1 : self._at] != b"\n":
            self._line()
        while self._at < len(self._text):
            if self._line().strip() == mark:
                return


_WORD_OF_BLOCK = re.compile(rb"(if|while)\s*\{", re.IGNORECASE)


def _after_quote(text, at, quote):
    """Where a quoted part ends whose quote stands before `at`."""
    pattern = _QUOTED[quote]
    found = pattern.match(text, at)
    return found.end() if found else len(text)


_QUOTED = {
    b"'": re.compile(rb"(?:[^'\\]|\\.)*'", re.DOTALL),
    b'"': re.compile(rb'(?:[^"\\]|\\.)*"', re.DOTALL),
    b"`": re.compile(rb"[^`]*`", re.DOTALL),
}
