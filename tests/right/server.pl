#!/usr/bin/env perl
# The servers of all four phases in Perl: one thread, one select(), and Perl's own modules.
#
#     perl server.pl 1 12345           phase 1 on port 12345; so for 2 and 3
#     perl server.pl 4 12345 logs      phase 4, which writes its logs to that directory
#
# The lessons give each client a thread, which may wait. Here one thread serves them all, so it must
# never wait for one of them: all sockets are non-blocking, what cannot be sent yet stays in the
# client's outbox, and select() tells where something can be read or sent.
#
# What Perl does not do for you: <$socket> reads through a buffer that select() knows nothing of, so
# it is sysread() and syswrite() here; a string is bytes or characters, and only decode() makes the
# one of the other; and to write to a client that has gone kills the program (SIGPIPE).

use strict;
use warnings;
use feature qw(fc);
use Encode qw(decode encode);
use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use Fcntl qw(O_APPEND O_CREAT O_WRONLY);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use POSIX qw(strftime);

use constant {
    MAX_LINE_BYTES   => 4096,           # of a line, with its newline
    RUNAWAY_BYTES    => 65536,          # so many without a newline are no line that grew too long
    MAX_OUTBOX_BYTES => 1024 * 1024,    # so many may wait for a client that does not read
    DRAIN_SECONDS    => 60,             # so long the outbox of a client that leaves may take
    LINGER_SECONDS   => 1,              # so long a client may go on sending after our end
};

# A client is a hash: socket, address; name (phase 4), is_here (the others know of it, from phase 3
# on); unfinished (of a line) and outbox, both bytes; and its state. `ending`: what is in the outbox
# leaves first. `lingering`: our end of the stream is sent. To close a socket in which something is
# unread would be a reset, which can destroy what we sent last.
my ($phase, $port, $logs) = @ARGV;
my %clients;                            # by their sockets

# --- to one, and to all others --------------------------------------------------------------------

sub tell_one {
    my ($client, $line) = @_;
    return if $client->{state} ne 'talking';
    $client->{outbox} .= encode('UTF-8', $line) . "\n";
    $client->{state} = 'gone' if $phase == 4 && length $client->{outbox} > MAX_OUTBOX_BYTES;
}

sub tell_others {
    my ($client, $line) = @_;
    for my $each (values %clients) {
        tell_one($each, $line) if $each->{is_here} && $each != $client;
    }
}

sub now { return strftime('[%H:%M:%S]', localtime) }

sub leave {
    my ($client) = @_;
    return if !$client->{is_here};
    $client->{is_here} = 0;             # first: the name is free from here on
    tell_others($client, "* $client->{address} left") if $phase == 3;
    tell_others($client, now() . " * $client->{name} left") if $phase == 4;
}

sub end {
    my ($client) = @_;
    leave($client);
    return if $client->{state} ne 'talking';
    $client->{state} = 'ending';
    $client->{until} = time + DRAIN_SECONDS;
}

# --- phases 1 to 3: an echo, and a broadcast ---------------------------------------------------------

# What moves the cursor, ends a line, or turns the direction of text must reach no screen.
sub clean {
    my ($text) = @_;
    $text =~ s/[\x{0}-\x{1f}\x{7f}-\x{9f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/\x{fffd}/g;
    return $text;
}

sub without_blanks { return $_[0] =~ s/\A[ \t]+|[ \t]+\z//gr }

sub print_line {
    my ($client, $text) = @_;
    print encode('UTF-8', "$client->{address}: " . clean($text)), "\n";
}

sub echo {
    my ($client, $text) = @_;
    print_line($client, $text) if $phase == 2;
    tell_one($client, $text eq 'Hello Server!' ? 'Hello Client!' : $text);
}

sub broadcast {
    my ($client, $text) = @_;
    print_line($client, $text);
    without_blanks($text) eq '/exit' ? end($client) : tell_others($client, clean($text));
}

# --- phase 4: names ------------------------------------------------------------------------------------

sub holder_of {
    my ($name) = @_;
    my ($holder) = grep { $_->{is_here} && fc $_->{name} eq fc $name } values %clients;
    return $holder;
}

# Gives a name, or the reason why not. Nobody can come in between: there is one thread.
sub claim {
    my ($client, $name) = @_;
    return '! A name has 1 to 20 letters, digits, _ or -; a letter first.'
        if $name !~ /\A\p{L}[\p{L}\p{Nd}_-]{0,19}\z/;
    my $holder = holder_of($name);
    return '! That name is taken.' if $holder && $holder != $client;
    $client->{name} = $name;
    return '';
}

sub any_name {
    my $number = 1;
    $number++ while holder_of("guest$number");
    return "guest$number";
}

sub come_in {
    my ($client, $wanted) = @_;
    $wanted = without_blanks($wanted);
    my $refusal = claim($client, length $wanted ? $wanted : any_name());
    if ($refusal) {
        tell_one($client, $refusal);
        tell_one($client, '* Enter your nickname:');
        return;
    }
    $client->{is_here} = 1;
    my $online = grep { $_->{is_here} } values %clients;
    tell_one($client, now() . " * Welcome, $client->{name}! $online online. /help tells more.");
    tell_others($client, now() . " * $client->{name} joined");
}

sub rename_to {
    my ($client, $wanted) = @_;
    my $old = $client->{name};
    my $refusal = claim($client, without_blanks($wanted));
    return tell_one($client, $refusal) if $refusal;
    my $line = now() . " * $old is now $client->{name}";
    tell_one($client, $line);
    tell_others($client, $line);
}

# --- phase 4: what is said ---------------------------------------------------------------------------

# When this returns, the entry is in the file: nobody is told before.
sub write_log {
    my ($name, $mode, $entry) = @_;
    $entry = encode('UTF-8', strftime('%Y-%m-%dT%H:%M:%S ', localtime) . $entry) . "\n";
    sysopen my $file, "$logs/$name", O_WRONLY | O_APPEND | O_CREAT, $mode
        or return warn "$logs/$name: $!\n";
    syswrite $file, $entry;
    close $file;
}

sub say_to_all {
    my ($client, $text) = @_;
    my $said = "$client->{name}: " . clean($text);
    write_log('messages.txt', 0644, $said);
    tell_others($client, now() . " $said");
}

sub whisper {
    my ($client, $name, $text) = @_;
    my $other = holder_of($name);
    return tell_one($client, '! Nobody has that name, or there is no text. Nothing was sent.')
        if !$other || without_blanks($text) eq '';
    my $said = "$client->{name} -> $other->{name}: " . clean($text);
    write_log('private_messages.txt', 0600, $said);
    tell_one($other,  now() . " $said");
    tell_one($client, now() . " $said") if $other != $client;
}

# The first word, and what follows the blank behind it.
sub first_word {
    my ($word, $rest) = split / /, $_[0], 2;
    return ($word // '', $rest // '');
}

sub list {
    my ($client) = @_;
    my @names = map { $_->{name} } grep { $_->{is_here} } values %clients;
    tell_one($client, now() . ' * ' . @names . ' online: ' . join ', ', @names);
}

my %COMMANDS = (
    '/who'  => \&list,
    '/nick' => \&rename_to,
    '/pm'   => sub { my ($client, $rest) = @_; whisper($client, first_word($rest)) },
    '/help' => sub {
        tell_one($_[0], now() . ' * /who, /pm NAME text, @NAME text, /nick NAME, /ping TEXT, /quit');
    },
    '/ping' => sub { my ($client, $rest) = @_; tell_one($client, now() . ' * Pong ' . clean($rest)) },
    '/quit' => \&end,
    '/exit' => \&end,
);

sub chat {
    my ($client, $text) = @_;
    my ($word, $rest) = first_word($text);
    my $bare = without_blanks($text);
    return come_in($client, $text) if !$client->{is_here};
    return if $bare eq '';
    return end($client)  if $bare eq 'exit';
    return list($client) if $bare eq '?list';
    return say_to_all($client, substr $text, 1) if $text =~ m{\A(//|@@)};
    return whisper($client, $word =~ s/\A@|:\z//gr, $rest) if $text =~ /\A@/;
    return say_to_all($client, $text) if $text !~ m{\A/};
    return $COMMANDS{$word}->($client, $rest) if $COMMANDS{$word};
    tell_one($client, '! There is no such command. Nothing was sent.');
}

# --- the stream ------------------------------------------------------------------------------------------

my %HEARD = (1 => \&echo, 2 => \&echo, 3 => \&broadcast, 4 => \&chat);

sub heard {
    my ($client, $line) = @_;
    return tell_one($client, '! That line is too long.') if length $line >= MAX_LINE_BYTES;
    my $text = eval { decode('UTF-8', $line, Encode::FB_CROAK) };
    return tell_one($client, '! That line is not UTF-8.') if !defined $text;
    $HEARD{$phase}->($client, $text =~ s/\r\z//r);
}

sub may_come_later { return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR }

sub receive {
    my ($client) = @_;
    my $length = sysread $client->{socket}, my $data, 4096;
    if (!defined $length) {
        $client->{state} = 'gone' if !may_come_later();
        return;
    }
    if (!$length) {
        $client->{has_ended} = 1;       # what is unfinished will never be a line
        end($client);
    }
    return if $client->{state} ne 'talking';
    $client->{unfinished} .= $data;
    while ($client->{state} eq 'talking' && $client->{unfinished} =~ s/\A([^\n]*)\n//) {
        heard($client, $1);
    }
    if (length $client->{unfinished} >= RUNAWAY_BYTES) {
        tell_one($client, '! 64 KiB without a newline. Goodbye.');
        end($client);
    }
}

sub flush_outbox {
    my ($client) = @_;
    if (length $client->{outbox}) {
        my $sent = syswrite $client->{socket}, $client->{outbox};
        $client->{state} = 'gone' if !defined $sent && !may_come_later();
        substr $client->{outbox}, 0, $sent, '' if $sent;
    }
    if ($client->{state} eq 'ending' && !length $client->{outbox}) {
        shutdown $client->{socket}, 1;
        $client->{state} = 'lingering';
        $client->{until} = time + LINGER_SECONDS;
    }
    $client->{state} = 'gone' if $client->{state} eq 'lingering' && $client->{has_ended};
    $client->{state} = 'gone' if $client->{state} ne 'talking'   && time > $client->{until};
}

sub accept_one {
    my ($listener) = @_;
    my $socket = $listener->accept or return;    # it has gone already
    $socket->blocking(0);
    my $client = {
        socket     => $socket,
        address    => $socket->peerhost . ':' . $socket->peerport,
        state      => 'talking',
        until      => 0,
        unfinished => '',
        outbox     => '',
    };
    $clients{$socket} = $client;
    if ($phase == 3) {
        $client->{is_here} = 1;
        tell_one($client, "* You are $client->{address}. /exit leaves.");
        tell_others($client, "* $client->{address} joined");
    }
    tell_one($client, '* Enter your nickname:') if $phase == 4;
}

# Forget those who have gone. To tell the others may find more of them.
sub bury {
    while (my @gone = grep { $_->{state} eq 'gone' } values %clients) {
        for my $client (@gone) {
            leave($client);
            delete $clients{ $client->{socket} };
            close $client->{socket};
        }
    }
}

# Nothing is read that has no room. An echo waits for its own client; in phase 3 all wait for the
# slowest, which is the flaw of that phase; phase 4 cuts the slowest off instead.
sub has_room {
    my ($client) = @_;
    return 1 if $client->{state} ne 'talking' || $phase == 4;
    my @slow = $phase == 3 ? values %clients : $client;
    return !grep { length $_->{outbox} > RUNAWAY_BYTES } @slow;
}

sub serve {
    my ($listener) = @_;
    while (1) {
        flush_outbox($_) for values %clients;
        bury();
        my @all = values %clients;
        my $in  = IO::Select->new(map { $_->{socket} } grep { has_room($_) && !$_->{has_ended} } @all);
        my $out = IO::Select->new(map { $_->{socket} } grep { length $_->{outbox} } @all);
        $in->add($listener) if $phase > 1 || !@all;    # phase 1 has one client at a time
        my $seconds = (grep { $_->{state} ne 'talking' } @all) ? 0.1 : undef;
        my ($readable) = IO::Select->select($in, $out, undef, $seconds);
        for my $socket (@{ $readable // [] }) {
            $socket == $listener ? accept_one($listener) : receive($clients{$socket});
        }
    }
}

STDOUT->autoflush(1);
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $port,
    Listen    => 128,
    ReuseAddr => 1,
) or die "Cannot listen on port $port: $@\n";
$listener->blocking(0);    # who has gone before accept() must not make it wait
serve($listener);
