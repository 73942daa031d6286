/*
 * What a CNI plugin's name leads to. It hands the call to the resident server behind a socket, or
 * executes the full program in its own place where no server takes the call.
 *
 * A call is either taken or not:
 *   1. The client connects. The server greets whom it will serve, and closes otherwise.
 *   2. The client sends one message: file mode mask, name, working directory, environment, and
 *      the descriptors of its standard streams. A message of a SOCK_SEQPACKET arrives whole or
 *      not at all: until it has been sent nothing has happened, and the client may fall back.
 *   3. The server answers once: NOT_RUN (the client falls back), or the exit code and what is
 *      printed. Without an answer nobody knows how far the call came: the client reports an
 *      error, as a runtime sees it where a plugin is killed, and never runs the call again.
 * A client that ends earlier closes its socket, and the kernel ends the process that serves it.
 *
 * The standard input stays unread here: the full program finds all of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

/* How long a server may take to greet. */
enum { GREETING_MS = 20 };
/* The full program, in the directory of this one. */
#define PROGRAM ".nodewright"
/* The protocol's version: server and client of different versions do not understand each other. */
#define GREETING "nodewright-cni 1"

/* The whole message, and later the whole answer; the kernel takes 200 KiB at once. */
static char buffer[128 * 1024];
static size_t used;

/* Tests replace the path in a copy of the executable: it is there as it is here. */
static const struct sockaddr_un server = {
	.sun_family = AF_UNIX,
	.sun_path = "/run/nodewright/cni.sock",
};

enum answer { NOT_RUN = 0, DONE = 1 };

/* Appends bytes; 0 where they do not fit. */
static int append(const void *bytes, size_t length)
{
	if (length > sizeof buffer - used)
		return 0;
	memcpy(buffer + used, bytes, length);
	used += length;
	return 1;
}

static int append_string(const char *text)
{
	return append(text, strlen(text) + 1);
}

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, bytes, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN) {
			struct pollfd writable = { .fd = fd, .events = POLLOUT };
			poll(&writable, 1, -1);
			continue;
		}
		if (count <= 0)
			_exit(1);
		bytes += count;
		length -= (size_t)count;
	}
}

static _Noreturn void fail(const char *code, const char *message)
{
	static const char *const version = "{\n    \"cniVersion\": \"1.1.0\",\n    \"code\": ";
	const char *parts[] = { version, code, ",\n    \"msg\": \"", message, "\"\n}\n" };

	used = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		append(parts[i], strlen(parts[i]));
	write_all(STDOUT_FILENO, buffer, used);
	_exit(1);
}

/* Becomes the full program. */
static _Noreturn void fall_back(char **argv)
{
	/* Of a file that was replaced meanwhile the directory is still right. */
	ssize_t length = readlink("/proc/self/exe", buffer, PATH_MAX);

	while (length > 0 && buffer[length - 1] != '/')
		length--;
	if (length > 0) {
		memcpy(buffer + length, PROGRAM, sizeof PROGRAM);
		execve(buffer, argv, environ);
	}
	fail("5", "Cannot execute " PROGRAM " in the directory of this plugin");
}

/*
 * Variables whose meaning depends on the process that reads them: the server would look at its own
 * namespaces and descriptors.
 */
static int names_own_process(const char *variable)
{
	return strncmp(variable, "CNI_", 4) == 0 &&
	       (strstr(variable, "/proc/self") != NULL ||
	        strstr(variable, "/proc/thread-self") != NULL || strstr(variable, "/dev/") != NULL);
}

/* Writes the message; 0 where the call cannot be another process's. */
static int build_message(const char *name)
{
	char directory[PATH_MAX];
	mode_t mask = umask(0);
	uint32_t mode = (uint32_t)mask;

	umask(mask);
	/* A path that begins otherwise is outside of what this process can reach. */
	if (getcwd(directory, sizeof directory) == NULL || directory[0] != '/')
		return 0;
	if (!append(&mode, sizeof mode) || !append_string(name) || !append_string(directory))
		return 0;
	for (char **variable = environ; *variable != NULL; variable++)
		if (names_own_process(*variable) || !append_string(*variable))
			return 0;
	return 1;
}

/* Sends the message with the standard streams; 0 where nothing was sent. */
static int send_message(int connection)
{
	static const int streams[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	union {
		char bytes[CMSG_SPACE(sizeof streams)];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec whole = { .iov_base = buffer, .iov_len = used };
	struct msghdr message = {
		.msg_iov = &whole,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes,
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof streams);
	memcpy(CMSG_DATA(header), streams, sizeof streams);
	for (;;) {
		ssize_t sent = sendmsg(connection, &message, MSG_NOSIGNAL);
		if (sent >= 0)
			return 1;
		if (errno != EINTR)
			return 0;
	}
}

/* Waits for a message and reads it; -1 where none comes in that time, 0 at the end. */
static ssize_t receive(int connection, int timeout_ms)
{
	struct pollfd readable = { .fd = connection, .events = POLLIN };
	int count;

	do
		count = poll(&readable, 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	if (count <= 0)
		return -1;
	return recv(connection, buffer, sizeof buffer, 0);
}

/* A connection to a server that will take a call; -1 where there is none. */
static int connect_server(void)
{
	int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connection < 0)
		return -1;
	/* With a closed standard stream the connection would take its number. */
	if (connection > STDERR_FILENO &&
	    connect(connection, (const struct sockaddr *)&server, sizeof server) == 0 &&
	    receive(connection, GREETING_MS) == sizeof GREETING - 1 &&
	    memcmp(buffer, GREETING, sizeof GREETING - 1) == 0)
		return connection;
	close(connection);
	return -1;
}

int main(int argc, char **argv)
{
	int connection;
	ssize_t length;

	/* Plugins have no arguments: with some it is another program, such as dhcp's daemon. */
	if (argc != 1)
		fall_back(argv);
	connection = connect_server();
	if (connection < 0)
		fall_back(argv);
	if (!build_message(argv[0]) || !send_message(connection)) {
		close(connection);
		fall_back(argv);
	}
	/* From here on the call is the server's. */
	do
		length = receive(connection, -1);
	while (length < 0 && (errno == EINTR || errno == EAGAIN));
	if (length == 1 && buffer[0] == NOT_RUN) {
		close(connection);
		fall_back(argv);
	}
	if (length < 2 || buffer[0] != DONE)
		fail("11", "Cannot say how the call ended: the CNI server has ended in the middle of it");
	int exit_code = (unsigned char)buffer[1];
	write_all(STDOUT_FILENO, buffer + 2, (size_t)length - 2);
	_exit(exit_code);
}
