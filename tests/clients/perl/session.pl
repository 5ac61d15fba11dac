# Connections of DBD::mysql, driven step by step; see tests/matrix/README.md for the requests.
#
# The first line of standard input holds the settings, each other line a request, and each line of standard
# output the answer to one. Perl has one type of scalar, so a cell is shown as its text.
use strict;
use warnings;
use utf8;
use DBI;
use JSON::XS;

use constant SHOWN_WHOLE => 400;

my $json = JSON::XS->new->utf8;
my $settings = $json->decode(scalar <STDIN>);
my %connections;

sub open_connection {
    my ($wanted) = @_;
    my $database = $wanted->{database} // 'matrix';
    my @options = (
        "database=$database", "host=$settings->{host}", "port=$settings->{port}",
        # Built with MariaDB's library it can encrypt, but not insist on it.
        'mysql_ssl=1', 'mysql_ssl_optional=1', "mysql_ssl_ca_file=$settings->{ca}",
        'mysql_local_infile=' . ($wanted->{local} ? 1 : 0),
        'mysql_multi_statements=' . ($wanted->{multi} ? 1 : 0),
    );
    my $password = $wanted->{password} // $settings->{password};
    my %attributes = (
        RaiseError => 1, PrintError => 0, AutoCommit => 1, mysql_enable_utf8mb4 => 1,
        # Prepared on the server only where asked; and no row is asked for twice.
        mysql_server_prepare => $wanted->{prepared} ? 1 : 0,
        mysql_server_prepare_disable_fallback => 1,
    );
    return DBI->connect('DBI:mysql:' . join(';', @options), $settings->{user}, $password, \%attributes);
}

sub shown {
    my ($cell) = @_;
    return undef if !defined $cell;
    my $text = length $cell > SHOWN_WHOLE ? substr($cell, 0, 20) . '… of ' . length $cell : $cell;
    return "scalar $text";
}

sub shown_rows {
    return [map { [map { shown($_) } @$_] } @{ $_[0] }];
}

sub results {
    my ($statement) = @_;
    my @found;
    while (1) {
        if ($statement->{NUM_OF_FIELDS}) {
            my @columns = map { "$statement->{NAME}[$_] $statement->{mysql_type_name}[$_]" } 0 .. $statement->{NUM_OF_FIELDS} - 1;
            push @found, { columns => \@columns, rows => shown_rows($statement->fetchall_arrayref) };
        } else {
            push @found, { affected => $statement->rows };
        }
        last if !$statement->more_results;
    }
    return \@found;
}

my %requests = (
    connect => sub {
        my ($request) = @_;
        my $connection = $connections{ $request->{on} } = open_connection($request);
        return { id => $connection->{mysql_thread_id}, version => $connection->{mysql_serverinfo} };
    },
    query => sub {
        my ($request) = @_;
        my $statement = $connections{ $request->{on} }->prepare($request->{sql});
        $statement->execute;
        return results($statement);
    },
    execute => sub {
        my ($request) = @_;
        my $connection = $connections{ $request->{on} };
        my $statement = $connection->prepare($request->{sql}, { mysql_server_prepare => 1 });
        my @found;
        for my $parameters (@{ $request->{many} }) {
            $statement->execute(@$parameters);
            push @found, @{ results($statement) };
        }
        return \@found;
    },
    copy => sub {
        my ($request) = @_;
        my $connection = $connections{ $request->{on} };
        my $rows = $connection->selectall_arrayref($request->{select});
        $connection->do($request->{insert}, {}, @$_) for @$rows;
        return shown_rows($rows);
    },
    begin => sub { $connections{ $_[0]{on} }->begin_work; return undef },
    commit => sub { $connections{ $_[0]{on} }->commit; return undef },
    rollback => sub { $connections{ $_[0]{on} }->rollback; return undef },
    reconnect => sub {
        my ($request) = @_;
        # As DBI's users do it: they ask whether it is there, and take another if not.
        my $connection = $connections{ $request->{on} };
        $connections{ $request->{on} } = open_connection($request) if !$connection->ping;
        return undef;
    },
    close => sub {
        my $connection = delete $connections{ $_[0]{on} };
        $connection->disconnect if $connection;
        return undef;
    },
);

$| = 1;
while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    my $value = eval { $requests{ $request->{do} }->($request) };
    # Where in this file it was called is no word of the driver's.
    my $text = $@ =~ s/ at \S+ line \d+.*//sr;
    my $answer = $text ? { error => { code => ($DBI::err // 0) + 0, text => "$text" } } : { value => $value };
    print $json->encode($answer), "\n";
}
