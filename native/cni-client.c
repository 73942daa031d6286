/*
 * What a CNI plugin's name leads to. It hands the call to the resident server behind a socket, or
 * executes the full program in its own place where no server takes the call.
 *
 * A call is run once or not at all. For that it has a token, an eventfd that counts one, and
 * whoever reads it has it:
 *   1. The client connects and sends one message: the protocol's name, file mode mask, name,
 *      working directory, environment; with it go the standard input and the token. A message of a
 *      SOCK_SEQPACKET arrives whole or not at all. The output does not go with it: a message that
 *      nobody reads would keep the caller waiting for its end.
 *   2. The server takes the token before it does anything, and closes the connection where it will
 *      not serve. It answers with the exit code and what is printed.
 *   3. Where no answer has come after 20 ms, and where the connection ends, the client takes the
 *      token. If it gets it, nothing has happened, and it falls back. If not, the call is the
 *      server's, however long it takes; without an answer nobody knows how far it came, which the
 *      client reports as an error, as where a runtime's plugin is killed.
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
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

/* How long a server may take to take a call. */
enum { TAKING_MS = 20 };
/* The full program, in the directory of this one. */
#define PROGRAM ".nodewright"
/* The protocol's version: a server of another one does not take the call. */
#define PROTOCOL "nodewright-cni 1"

/* The whole message, and later the whole answer; the kernel takes 200 KiB at once. */
static char buffer[128 * 1024];
static size_t used;

/* Tests replace the path in a copy of the executable: it is there as it is here. */
static const struct sockaddr_un server = {
	.sun_family = AF_UNIX,
	.sun_path = "/run/nodewright/cni.sock",
};

/* How a message of the answer begins; then follow standard output and standard error. */
struct answer {
	uint8_t has_more;
	uint8_t exit_code;
	uint16_t unused;
	uint32_t stdout_length;
};

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
	if (!append_string(PROTOCOL) || !append(&mode, sizeof mode) || !append_string(name) || !append_string(directory))
		return 0;
	for (char **variable = environ; *variable != NULL; variable++)
		if (names_own_process(*variable) || !append_string(*variable))
			return 0;
	return 1;
}

/* Sends the message with the standard input and the token; 0 where nothing was sent. */
static int send_message(int connection, int token)
{
	const int passed[] = { STDIN_FILENO, token };
	union {
		char bytes[CMSG_SPACE(sizeof passed)];
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
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof passed);
	memcpy(CMSG_DATA(header), passed, sizeof passed);
	do
		sent = sendmsg(connection, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* Waits for the answer: its length, 0 at the connection's end, -1 where none comes in that time. */
static ssize_t receive(int connection, int timeout_ms)
{
	struct pollfd readable = { .fd = connection, .events = POLLIN };
	int count;

	do
		count = poll(&readable, 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	if (count <= 0)
		return -1;
	ssize_t length = recv(connection, buffer, sizeof buffer, 0);

	return length < 0 ? 0 : length;
}

/* 1 where the token was still there: then nobody else runs the call. */
static int take(int token)
{
	uint64_t count;

	return read(token, &count, sizeof count) == sizeof count;
}

/* Hands the call to the server and ends with its answer; returns where it was not taken. */
static void ask_server(void)
{
	int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int token = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	/* With a closed standard stream one of them would have taken its number. */
	if (connection <= STDERR_FILENO || token <= STDERR_FILENO ||
	    connect(connection, (const struct sockaddr *)&server, sizeof server) != 0 ||
	    !send_message(connection, token)) {
		if (connection >= 0)
			close(connection);
		if (token >= 0)
			close(token);
		return;
	}
	ssize_t length = receive(connection, TAKING_MS);

	if (length <= 0 && take(token)) {
		close(connection);
		return;
	}
	for (;;) {
		while (length < 0)
			length = receive(connection, -1);
		struct answer answer;

		if (length < (ssize_t)sizeof answer)
			fail("11", "Cannot say how the call ended: the CNI server has ended in the "
				   "middle of it");
		memcpy(&answer, buffer, sizeof answer);
		size_t rest = (size_t)length - sizeof answer;
		size_t out = answer.stdout_length < rest ? answer.stdout_length : rest;

		write_all(STDOUT_FILENO, buffer + sizeof answer, out);
		write_all(STDERR_FILENO, buffer + sizeof answer + out, rest - out);
		if (!answer.has_more)
			_exit(answer.exit_code);
		length = -1;
	}
}

int main(int argc, char **argv)
{
	/* Plugins have no arguments: with some it is another program, such as dhcp's daemon. */
	if (argc == 1 && build_message(argv[0]))
		ask_server();
	fall_back(argv);
}
