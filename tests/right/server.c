/* The servers of all four phases in C: one thread, one poll(), and nothing but POSIX.

       cc -o server server.c
       ./server 1 12345           phase 1 on port 12345; so for 2 and 3
       ./server 4 12345 logs      phase 4, which writes its logs to that directory

   The lessons give each client a thread, which may wait. Here one thread serves them all, so it must
   never wait for one of them: all sockets are non-blocking, what cannot be sent yet stays in the
   client's outbox, and poll() tells where something can be read or sent.

   What C does not do for you: a line has a length and not an end, because a NUL may be in it;
   send() to a client that has gone kills the program (SIGPIPE) unless you ignore that; and what
   printf() prints stays in a buffer, if no terminal shows it, unless you say otherwise. */

#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <wctype.h>

enum {
    MAX_LINE = 4096,          /* of a line, with its newline */
    RUNAWAY = 65536,          /* so many bytes without a newline are no line that grew too long */
    MAX_OUTBOX = 1024 * 1024, /* so many may wait for a client that does not read */
    MAX_NAME = 20,            /* characters */
    DRAIN_SECONDS = 60,       /* so long the outbox of a client that leaves may take */
    LINGER_SECONDS = 1,       /* so long a client may go on sending after our end of the stream */
};

/* --- bytes that grow -------------------------------------------------------------------------- */

typedef struct {
    char *data;
    size_t length, room;
} Bytes;

static void append(Bytes *bytes, const char *data, size_t length) {
    if (bytes->length + length > bytes->room) {
        bytes->room = 2 * (bytes->length + length);
        bytes->data = realloc(bytes->data, bytes->room);
        if (!bytes->data) abort();
    }
    if (length) memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

static void drop_front(Bytes *bytes, size_t length) {
    bytes->length -= length;
    if (length) memmove(bytes->data, bytes->data + length, bytes->length);
}

/* `%S` is a Bytes, `%s` a text of C's; nothing else is known. */
static void format(Bytes *into, const char *form, va_list values) {
    for (; *form; form++) {
        if (form[0] == '%' && form[1] == 'S') {
            Bytes each = va_arg(values, Bytes);
            append(into, each.data, each.length), form++;
        } else if (form[0] == '%' && form[1] == 's') {
            const char *each = va_arg(values, const char *);
            append(into, each, strlen(each)), form++;
        } else {
            append(into, form, 1);
        }
    }
}

/* Part of some bytes; it lives as long as they do. */
static Bytes part(const char *data, size_t length) { return (Bytes){(char *)data, length, 0}; }

static int is(Bytes bytes, const char *text) {
    return bytes.length == strlen(text) && !memcmp(bytes.data, text, bytes.length);
}

static int begins(Bytes bytes, const char *text) {
    return bytes.length >= strlen(text) && !memcmp(bytes.data, text, strlen(text));
}

static Bytes without_blanks(Bytes text) {
    while (text.length && strchr(" \t", text.data[0])) text.data++, text.length--;
    while (text.length && strchr(" \t", text.data[text.length - 1])) text.length--;
    return text;
}

/* The first word, and in `rest` what follows the blank behind it. */
static Bytes first_word(Bytes text, Bytes *rest) {
    const char *blank = text.length ? memchr(text.data, ' ', text.length) : NULL;
    size_t length = blank ? (size_t)(blank - text.data) : text.length;
    size_t used = blank ? length + 1 : length;
    *rest = part(text.data + used, text.length - used);
    return part(text.data, length);
}

/* --- UTF-8 (RFC 3629) --------------------------------------------------------------------------- */

/* The character at the beginning of `text`, and how many bytes it has; -1 where there is none. */
static long character(Bytes text, size_t *size) {
    static const long least[] = {0, 0, 0x80, 0x800, 0x10000}; /* of a character with so many bytes */
    unsigned char first = (unsigned char)text.data[0];
    size_t length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    long code = length == 1 ? first : first & (0x7F >> length);
    if (!length || first > 0xF4 || length > text.length) return -1;
    for (size_t each = 1; each < length; each++) {
        unsigned char next = (unsigned char)text.data[each];
        if ((next & 0xC0) != 0x80) return -1;
        code = code << 6 | (next & 0x3F);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return -1;
    *size = length;
    return code;
}

static int is_utf8(Bytes text) {
    for (size_t size; text.length; text.data += size, text.length -= size)
        if (character(text, &size) < 0) return 0;
    return 1;
}

/* What moves the cursor, ends a line, or turns the direction of text must reach no screen. */
static int is_control(long code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

static Bytes clean(Bytes text) {
    static Bytes cleaned; /* until the next call */
    cleaned.length = 0;
    for (size_t size; text.length; text.data += size, text.length -= size) {
        if (is_control(character(text, &size)))
            append(&cleaned, "\xEF\xBF\xBD", 3); /* U+FFFD */
        else
            append(&cleaned, text.data, size);
    }
    return cleaned;
}

/* --- clients -------------------------------------------------------------------------------------- */

/* ENDING: what is in the outbox leaves first. LINGERING: our end of the stream is sent. To close a
   socket in which something is unread would be a reset, which can destroy what we sent last. */
typedef enum { TALKING, ENDING, LINGERING, GONE } State;

typedef struct Client {
    struct Client *next;
    int socket;
    State state;
    int has_ended;     /* its end of the stream has come */
    time_t until;      /* ENDING or LINGERING at most */
    char address[32];
    Bytes name;        /* phase 4; empty until the server has given one */
    Bytes key;         /* what two names have in common that are one */
    int is_here;       /* phases 3 and 4: the others know of it */
    Bytes unfinished;  /* of a line */
    Bytes outbox;
} Client;

static Client *clients; /* the newest first */
static int phase;
static const char *logs;

static void put(Client *client, Bytes line) {
    if (client->state != TALKING) return;
    append(&client->outbox, line.data, line.length);
    append(&client->outbox, "\n", 1);
    if (phase == 4 && client->outbox.length > MAX_OUTBOX) client->state = GONE;
}

static Bytes formatted(const char *form, va_list values) {
    static Bytes line; /* until the next call */
    line.length = 0;
    format(&line, form, values);
    return line;
}

static void tell(Client *client, const char *form, ...) {
    va_list values;
    va_start(values, form);
    put(client, formatted(form, values));
    va_end(values);
}

static void tell_others(Client *client, const char *form, ...) {
    va_list values;
    va_start(values, form);
    Bytes line = formatted(form, values);
    va_end(values);
    for (Client *each = clients; each; each = each->next)
        if (each->is_here && each != client) put(each, line);
}

static const char *now(const char *form) {
    static char text[32]; /* until the next call */
    time_t seconds = time(NULL);
    strftime(text, sizeof text, form, localtime(&seconds));
    return text;
}

#define NOW now("[%H:%M:%S]")

static void leave(Client *client) {
    if (!client->is_here) return;
    client->is_here = 0; /* first: the name is free from here on */
    if (phase == 3) tell_others(client, "* %s left", client->address);
    if (phase == 4) tell_others(client, "%s * %S left", NOW, client->name);
}

static void end(Client *client) {
    leave(client);
    if (client->state != TALKING) return;
    client->state = ENDING;
    client->until = time(NULL) + DRAIN_SECONDS;
}

/* --- phases 1 to 3: an echo, and a broadcast ------------------------------------------------------ */

static void print_line(Client *client, Bytes text) {
    Bytes shown = clean(text);
    printf("%s: ", client->address);
    fwrite(shown.data, 1, shown.length, stdout);
    putchar('\n');
}

static void echo(Client *client, Bytes text) {
    if (phase == 2) print_line(client, text);
    tell(client, "%S", is(text, "Hello Server!") ? part("Hello Client!", 13) : text);
}

static void broadcast(Client *client, Bytes text) {
    print_line(client, text);
    if (is(without_blanks(text), "/exit"))
        end(client);
    else
        tell_others(client, "%S", clean(text));
}

/* --- phase 4: names --------------------------------------------------------------------------------- */

static int is_name(Bytes name) {
    size_t count = 0;
    for (size_t size; name.length; name.data += size, name.length -= size) {
        long code = character(name, &size);
        int is_letter = iswalpha((wint_t)code) && !iswdigit((wint_t)code);
        if (!is_letter && (!count || !(iswdigit((wint_t)code) || code == '_' || code == '-')))
            return 0;
        count++;
    }
    return count >= 1 && count <= MAX_NAME;
}

/* The name in small letters, each as a number. */
static Bytes key_of(Bytes name) {
    static Bytes key; /* until the next call */
    key.length = 0;
    for (size_t size; name.length; name.data += size, name.length -= size) {
        wint_t letter = towlower(towupper((wint_t)character(name, &size)));
        append(&key, (const char *)&letter, sizeof letter);
    }
    return key;
}

static Client *holder_of(Bytes name) {
    if (!is_utf8(name)) return NULL;
    Bytes key = key_of(name);
    for (Client *each = clients; each; each = each->next)
        if (each->is_here && each->key.length == key.length &&
            !memcmp(each->key.data, key.data, key.length))
            return each;
    return NULL;
}

/* Nobody can come in between: there is one thread. */
static const char *claim(Client *client, Bytes name) {
    if (!is_name(name)) return "! A name has 1 to 20 letters, digits, _ or -; a letter first.";
    Client *holder = holder_of(name);
    if (holder && holder != client) return "! That name is taken.";
    Bytes key = key_of(name);
    client->name.length = client->key.length = 0;
    append(&client->name, name.data, name.length);
    append(&client->key, key.data, key.length);
    return NULL;
}

static Bytes any_name(void) {
    static char name[32]; /* until the next call */
    unsigned number = 1;
    do snprintf(name, sizeof name, "guest%u", number++);
    while (holder_of(part(name, strlen(name))));
    return part(name, strlen(name));
}

static void come_in(Client *client, Bytes wanted) {
    wanted = without_blanks(wanted);
    const char *refusal = claim(client, wanted.length ? wanted : any_name());
    if (refusal) {
        tell(client, "%s", refusal);
        tell(client, "* Enter your nickname:");
        return;
    }
    char count[16];
    unsigned online = 1;
    for (Client *each = clients; each; each = each->next) online += (unsigned)each->is_here;
    snprintf(count, sizeof count, "%u", online);
    client->is_here = 1;
    tell(client, "%s * Welcome, %S! %s online. /help lists the commands.", NOW, client->name, count);
    tell_others(client, "%s * %S joined", NOW, client->name);
}

static void rename_to(Client *client, Bytes wanted) {
    Bytes old = {0};
    append(&old, client->name.data, client->name.length);
    const char *refusal = claim(client, without_blanks(wanted));
    if (refusal) {
        tell(client, "%s", refusal);
    } else {
        tell(client, "%s * %S is now %S", NOW, old, client->name);
        tell_others(client, "%s * %S is now %S", NOW, old, client->name);
    }
    free(old.data);
}

/* --- phase 4: what is said -------------------------------------------------------------------------- */

/* Append an entry to a log. One write() on a file that is opened to append: it is in the file when
   this returns, before anybody is told. */
static void write_log(const char *name, mode_t mode, const char *form, ...) {
    char path[1024];
    va_list values;
    Bytes entry = {0};
    const char *time = now("%Y-%m-%dT%H:%M:%S ");
    append(&entry, time, strlen(time));
    va_start(values, form);
    format(&entry, form, values);
    va_end(values);
    append(&entry, "\n", 1);
    snprintf(path, sizeof path, "%s/%s", logs, name);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT, mode);
    if (file < 0 || write(file, entry.data, entry.length) < 0) perror(path);
    if (file >= 0) close(file);
    free(entry.data);
}

static void say(Client *client, Bytes text) {
    text = clean(text);
    write_log("messages.txt", 0644, "%S: %S", client->name, text);
    tell_others(client, "%s %S: %S", NOW, client->name, text);
}

static void whisper(Client *client, Bytes name, Bytes text) {
    Client *other = holder_of(name);
    if (!other || !without_blanks(text).length) {
        tell(client, "! Nobody has that name, or there is no text. Nothing was sent.");
        return;
    }
    text = clean(text);
    write_log("private_messages.txt", 0600, "%S -> %S: %S", client->name, other->name, text);
    tell(other, "%s %S -> %S: %S", NOW, client->name, other->name, text);
    if (other != client) tell(client, "%s %S -> %S: %S", NOW, client->name, other->name, text);
}

static void list(Client *client) {
    Bytes names = {0};
    char count[16];
    unsigned online = 0;
    for (Client *each = clients; each; each = each->next) {
        if (!each->is_here) continue;
        if (online++) append(&names, ", ", 2);
        append(&names, each->name.data, each->name.length);
    }
    snprintf(count, sizeof count, "%u", online);
    tell(client, "%s * %s online: %S", NOW, count, names);
    free(names.data);
}

static void command(Client *client, Bytes word, Bytes rest) {
    Bytes text, name;
    if (is(word, "/quit") || is(word, "/exit")) {
        end(client);
    } else if (is(word, "/who")) {
        list(client);
    } else if (is(word, "/nick")) {
        rename_to(client, rest);
    } else if (is(word, "/help")) {
        tell(client, "%s * /who, /pm NAME text, @NAME text, /nick NAME, /ping TEXT, /quit", NOW);
    } else if (is(word, "/ping")) {
        tell(client, "%s * Pong %S", NOW, clean(rest));
    } else if (is(word, "/pm")) {
        name = first_word(rest, &text);
        whisper(client, name, text);
    } else {
        tell(client, "! There is no such command. Nothing was sent.");
    }
}

static void chat(Client *client, Bytes text) {
    Bytes rest, word = first_word(text, &rest), bare = without_blanks(text);
    if (!client->is_here)
        come_in(client, text);
    else if (!bare.length)
        return;
    else if (is(bare, "exit"))
        end(client);
    else if (is(bare, "?list"))
        list(client);
    else if (begins(text, "//") || begins(text, "@@"))
        say(client, part(text.data + 1, text.length - 1));
    else if (begins(text, "/"))
        command(client, word, rest);
    else if (begins(text, "@"))
        whisper(client, part(word.data + 1, word.length - 1 - (word.data[word.length - 1] == ':')), rest);
    else
        say(client, text);
}

/* --- the stream --------------------------------------------------------------------------------------- */

static void heard(Client *client, Bytes line) {
    if (line.length >= MAX_LINE) {
        tell(client, "! That line is too long.");
    } else if (!is_utf8(line)) {
        tell(client, "! That line is not UTF-8.");
    } else {
        if (line.length && line.data[line.length - 1] == '\r') line.length--;
        (phase == 4 ? chat : phase == 3 ? broadcast : echo)(client, line);
    }
}

static void receive(Client *client) {
    char data[4096];
    ssize_t length = recv(client->socket, data, sizeof data, 0);
    if (length < 0) {
        if (errno != EAGAIN && errno != EINTR) client->state = GONE;
        return;
    }
    if (length == 0) {
        client->has_ended = 1; /* what is unfinished will never be a line */
        end(client);
    }
    if (client->state != TALKING) return;
    append(&client->unfinished, data, (size_t)length);
    Bytes rest = client->unfinished;
    for (char *newline; client->state == TALKING && rest.length &&
                        (newline = memchr(rest.data, '\n', rest.length));) {
        Bytes line = part(rest.data, (size_t)(newline - rest.data));
        rest = part(newline + 1, rest.length - line.length - 1);
        heard(client, line);
    }
    drop_front(&client->unfinished, client->unfinished.length - rest.length);
    if (client->unfinished.length >= RUNAWAY) {
        tell(client, "! 64 KiB without a newline. Goodbye.");
        end(client);
    }
}

static void flush(Client *client) {
    ssize_t sent = 0;
    if (client->outbox.length) {
        sent = send(client->socket, client->outbox.data, client->outbox.length, 0);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) client->state = GONE;
        if (sent > 0) drop_front(&client->outbox, (size_t)sent);
    }
    if (client->state == ENDING && !client->outbox.length) {
        shutdown(client->socket, SHUT_WR);
        client->state = LINGERING;
        client->until = time(NULL) + LINGER_SECONDS;
    }
    if (client->state == LINGERING && client->has_ended) client->state = GONE;
    if (client->state != TALKING && time(NULL) > client->until) client->state = GONE;
}

static void accept_one(int listener) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int socket = accept(listener, (struct sockaddr *)&from, &size);
    if (socket < 0) return; /* it has gone already */
    fcntl(socket, F_SETFL, O_NONBLOCK);
    Client *client = calloc(1, sizeof *client);
    if (!client) abort();
    client->socket = socket;
    snprintf(client->address, sizeof client->address, "%s:%u", inet_ntoa(from.sin_addr),
             ntohs(from.sin_port));
    client->next = clients;
    clients = client;
    if (phase == 3) {
        client->is_here = 1;
        tell(client, "* You are %s. /exit leaves.", client->address);
        tell_others(client, "* %s joined", client->address);
    }
    if (phase == 4) tell(client, "* Enter your nickname:");
}

/* Forget those who have gone. To tell the others may find more of them. */
static void bury(void) {
    for (Client **place = &clients; *place;) {
        Client *client = *place;
        if (client->state != GONE) {
            place = &client->next;
            continue;
        }
        leave(client);
        *place = client->next;
        close(client->socket);
        free(client->name.data), free(client->key.data);
        free(client->unfinished.data), free(client->outbox.data);
        free(client);
        place = &clients;
    }
}

/* Nothing is read that has no room. An echo waits for its own client; in phase 3 all wait for the
   slowest, which is the flaw of that phase; phase 4 cuts the slowest off instead. */
static int has_room(Client *client) {
    if (client->state != TALKING || phase == 4) return 1;
    if (phase < 3) return client->outbox.length < RUNAWAY;
    for (Client *each = clients; each; each = each->next)
        if (each->outbox.length > MAX_OUTBOX) return 0;
    return 1;
}

static void serve(int listener) {
    static struct pollfd polled[1024];
    for (;;) {
        nfds_t count = 1;
        int timeout = -1;
        for (Client *each = clients; each; each = each->next) flush(each);
        bury();
        for (Client *each = clients; each && count < 1024; each = each->next) {
            int reads = has_room(each) && !each->has_ended ? POLLIN : 0;
            int writes = each->outbox.length ? POLLOUT : 0;
            polled[count++] = (struct pollfd){each->socket, (short)(reads | writes), 0};
            if (each->state != TALKING) timeout = 100; /* ms, to look at the clock */
        }
        int is_free = phase > 1 || !clients; /* phase 1 has one client at a time */
        polled[0] = (struct pollfd){is_free && count < 1024 ? listener : -1, POLLIN, 0};
        if (poll(polled, count, timeout) < 0) continue;
        nfds_t index = 1; /* nobody came or went meanwhile: the list is as it was */
        for (Client *each = clients; each && index < count; each = each->next)
            if (polled[index++].revents & ~POLLOUT && !each->has_ended) receive(each);
        if (polled[0].revents) accept_one(listener);
    }
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: server PHASE PORT [LOGS]\n"), 2;
    phase = atoi(arguments[1]);
    logs = count > 3 ? arguments[3] : ".";
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8"); /* what a letter is in Unicode */
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[2])),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) {
        perror("bind");
        return 1;
    }
    fcntl(listener, F_SETFL, O_NONBLOCK); /* who has gone before accept() must not make it wait */
    serve(listener);
}
