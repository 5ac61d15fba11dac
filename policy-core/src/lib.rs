//! Reads MySQL and MariaDB statements exactly and decides about them: pure, deny by default.
