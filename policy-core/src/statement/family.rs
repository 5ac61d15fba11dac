//! From the kind of a statement to the reader of its family.

use crate::facts;
use crate::statement::Statement;
use crate::statement::account;
use crate::statement::alter;
use crate::statement::call;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::database;
use crate::statement::diagnostics;
use crate::statement::drop;
use crate::statement::explain;
use crate::statement::index;
use crate::statement::kind::Family;
use crate::statement::load;
use crate::statement::lock;
use crate::statement::maintenance;
use crate::statement::prepared;
use crate::statement::program;
use crate::statement::rename;
use crate::statement::sequence;
use crate::statement::server;
use crate::statement::set;
use crate::statement::set_statement;
use crate::statement::show;
use crate::statement::transaction;
use crate::statement::use_schema;
use crate::statement::view;
use crate::unread::Unread;

/// Adds to a statement of known kind all that can be known about it.
pub(crate) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    match statement.kind.family() {
        Family::Rows => facts::rows(at.input(at.rest()), statement),
        Family::Do => call::evaluate(at, statement),
        Family::Use => use_schema::read(at, statement),
        Family::Set => set::read(at, statement),
        Family::SetTransaction => transaction::set(at, statement),
        Family::Begin => transaction::begin(at, statement),
        Family::End => transaction::end(at, statement),
        Family::Savepoint => transaction::savepoint(at),
        Family::LockTables => lock::tables(at, statement),
        Family::UnlockTables => lock::unlock(at, statement),
        Family::Kill => lock::kill(at, statement),
        Family::DropProgram => program::drop(at, statement),
        Family::Show => show::read(at, statement),
        Family::Explain => explain::read(at, statement),
        Family::Call => call::call(at, statement),
        Family::Prepared => prepared::read(at, statement),
        Family::SetStatement => set_statement::read(at, statement),
        Family::Sequence => sequence::read(at, statement),
        Family::DropSequence => sequence::drop(at, statement),
        Family::Maintenance => maintenance::read(at, statement),
        Family::Account => account::read(at, statement),
        Family::Server => server::read(at, statement),
        Family::Xa => lock::xa(at, statement),
        Family::Handler => load::handler(at, statement),
        Family::Load => load::data(at, statement),
        Family::Diagnostics => diagnostics::read(at, statement),
        Family::Program => program::read(at, statement),
        Family::CreateTable => create::table(at, statement),
        Family::View => view::read(at, statement),
        Family::AlterTable => alter::table(at, statement),
        Family::RenameTable => rename::tables(at, statement),
        Family::Index => index::read(at, statement),
        Family::DropTable => drop::tables(at, statement),
        Family::Truncate => drop::truncate(at, statement),
        Family::Database => database::read(at, statement),
        Family::Never => unsupported(format!("`{}`", statement.kind), None),
    }
}
