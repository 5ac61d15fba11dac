//! From the kind of a statement to the reader of its family.

use crate::facts;
use crate::statement::Statement;
use crate::statement::admin;
use crate::statement::alter;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::drop;
use crate::statement::explain;
use crate::statement::kind::Family;
use crate::statement::prepared;
use crate::statement::set;
use crate::statement::set_statement;
use crate::statement::show;
use crate::statement::transaction;
use crate::unread::Unread;

/// Adds to a statement of known kind all that can be known about it.
pub(crate) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    match statement.kind.family() {
        Family::Rows => facts::rows(at.input(at.rest()), statement),
        Family::Do => admin::evaluate(at, statement),
        Family::Use => admin::use_schema(at, statement),
        Family::Set => set::read(at, statement),
        Family::SetTransaction => transaction::set(at, statement),
        Family::Begin => transaction::begin(at, statement),
        Family::End => transaction::end(at, statement),
        Family::Savepoint => transaction::savepoint(at),
        Family::LockTables => admin::lock_tables(at, statement),
        Family::UnlockTables => admin::unlock_tables(at, statement),
        Family::Kill => admin::kill(at),
        Family::DropProgram => admin::drop_program(at, statement),
        Family::Show => show::read(at, statement),
        Family::Explain => explain::read(at, statement),
        Family::Call => admin::call(at, statement),
        Family::Prepared => prepared::read(at, statement),
        Family::SetStatement => set_statement::read(at, statement),
        Family::Sequence => admin::sequence(at, statement),
        Family::Maintenance => admin::maintain(at, statement),
        Family::Head => admin::head(at, statement),
        Family::CreateTable => create::table(at, statement),
        Family::View => create::view(at, statement),
        Family::AlterTable => alter::table(at, statement),
        Family::RenameTable => alter::rename_table(at, statement),
        Family::Index => alter::index(at, statement),
        Family::DropTable => drop::tables(at, statement),
        Family::Truncate => drop::truncate(at, statement),
        Family::Database => drop::database(at, statement),
        Family::Never => unsupported(format!("`{}`", statement.kind), None),
    }
}
