/* A chained CNI plugin: hands what the runtime says to the node's agent, waits for its word, and prints it. It decides nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds: for ADD and STATUS an agent that is away, or dies meanwhile, is tried again for so long; CHECK and DEL wait for an answer alone. */
enum { ADD_MS = 30000, CHECK_MS = 5000, STATUS_MS = 10000, DEL_MS = 2000, RETRY_MS = 100 };
/* Bytes of a configuration or of an answer. */
enum { LIMIT = 1 << 20 };
/* Codes of the CNI specification. */
enum { E_VERSION = 1, E_ENVIRONMENT = 4, E_INPUT = 6, E_CONFIG = 7, E_LATER = 11, E_UNAVAILABLE = 50, E_AGENT = 999 };

#define VERSIONS "\"0.3.0\", \"0.3.1\", \"0.4.0\", \"1.0.0\", \"1.1.0\""
#define NO_AGENT \
	"start the agent on this node (is its pod there?); pods start without it once `postern cni remove` has run"

struct text {
	char *bytes;
	size_t length;
};

/* Of the configuration: in what form answers are to be, and where the agent listens. */
static char *version;
static char *agent;

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
	putchar('"');
}

/* Prints an error as the specification wants it, and ends. */
__attribute__((noreturn, format(printf, 3, 4))) static void fail(int code, const char *mend, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	printf("{ \"cniVersion\": ");
	print_quoted(version ? version : "1.0.0");
	printf(", \"code\": %d, \"msg\": ", code);
	print_quoted(message);
	printf(", \"details\": ");
	print_quoted(mend);
	printf(" }\n");
	exit(1);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void grow(struct text *text, const void *bytes, size_t length)
{
	char *larger = realloc(text->bytes, text->length + length + 1);

	if (!larger)
		fail(E_AGENT, "memory", "out of memory");
	memcpy(larger + text->length, bytes, length);
	text->bytes = larger;
	text->length += length;
	larger[text->length] = 0;
}

/* Up to the end. False where that does not come, or comes after too much. */
static bool read_all(int fd, struct text *text)
{
	char chunk[16384];
	ssize_t got;

	do {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			grow(text, chunk, got);
	} while ((got > 0 || (got < 0 && errno == EINTR)) && text->length <= LIMIT);
	return got == 0;
}

static const char *after_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static const char *after_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* The text at a key of the outermost object; NULL where there is none, or one with an escape. The runtime made this JSON: it is well formed. */
static char *find_text(const char *json, const char *key)
{
	int depth = 0;
	const char *at = json;

	while (*at) {
		const char *end = *at == '"' ? after_string(at) : at + 1;
		const char *value = after_space(end);

		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (*at == '"' && depth == 1 && *value == ':') {
			const char *from = after_space(value + 1);
			bool wanted = (size_t)(end - at) == strlen(key) + 2 && !memcmp(at + 1, key, strlen(key));

			if (wanted && *from == '"') {
				char *text = strndup(from + 1, after_string(from) - from - 2);

				return text && !strchr(text, '\\') ? text : NULL;
			}
			end = from;
		}
		at = end;
	}
	return NULL;
}

static void limit_time(int fd, long long deadline)
{
	long long left = deadline - now_ms();
	struct timeval time = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };

	if (left <= 0)
		time = (struct timeval){ .tv_usec = 1000 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

static bool send_all(int fd, const struct text *text)
{
	size_t sent = 0;

	while (sent < text->length) {
		ssize_t some = send(fd, text->bytes + sent, text->length - sent, MSG_NOSIGNAL);

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			return false;
		sent += some;
	}
	return true;
}

/* The HTTP status, and where the body begins; 0 where the answer is not whole. */
static int read_answer(const char *answer, const char **body)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *length = strcasestr(answer, "\r\ncontent-length:");
	int status = 0;

	if (!end || !length || length > end || sscanf(answer, "HTTP/1.%*d %d", &status) != 1)
		return 0;
	*body = end + 4;
	return strlen(*body) == strtoul(length + strlen("\r\ncontent-length:"), NULL, 10) ? status : 0;
}

/* One question. The status of a whole answer; 0 and errno where none came. */
static int ask_once(const struct text *request, long long deadline, const char **body)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct text answer = { 0 };
	int status = 0;
	int problem = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	strcpy(address.sun_path, agent);
	limit_time(fd, deadline);
	grow(&answer, "", 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || !send_all(fd, request) ||
	    !read_all(fd, &answer))
		problem = errno;
	else
		status = read_answer(answer.bytes, body);
	close(fd);
	/* Half of an answer is that of an agent that died. */
	errno = problem ? problem : ECONNRESET;
	return status;
}

/* The agent's answer; tried again until the deadline. 0 where there is no agent. */
static int ask(const struct text *request, long long deadline, const char **body)
{
	for (;;) {
		int status = ask_once(request, deadline, body);

		if (status || now_ms() + RETRY_MS >= deadline)
			return status;
		usleep(RETRY_MS * 1000);
	}
}

/* The command, container, namespace, interface and arguments, each with a NUL at its end, then the configuration as it came. */
static struct text make_request(const char *command, const struct text *config)
{
	static const char *const NAMES[] = { "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS" };
	struct text body = { 0 };
	struct text request = { 0 };
	char head[128];

	grow(&body, command, strlen(command) + 1);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		const char *value = getenv(NAMES[i]) ?: "";

		grow(&body, value, strlen(value) + 1);
	}
	grow(&body, config->bytes, config->length);
	snprintf(head, sizeof(head),
		 "POST /cni HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", body.length);
	grow(&request, head, strlen(head));
	grow(&request, body.bytes, body.length);
	return request;
}

static int patience(const char *command)
{
	if (!strcmp(command, "ADD"))
		return ADD_MS;
	if (!strcmp(command, "CHECK"))
		return CHECK_MS;
	if (!strcmp(command, "STATUS"))
		return STATUS_MS;
	return strcmp(command, "DEL") ? 0 : DEL_MS;
}

int main(void)
{
	const char *command = getenv("CNI_COMMAND");
	const char *body = NULL;
	struct text config = { 0 };
	struct text request;
	char quoted[32];
	int status;

	if (!command)
		fail(E_ENVIRONMENT, "container runtimes call this", "CNI_COMMAND is not set");
	grow(&config, "", 0);
	if (!read_all(STDIN_FILENO, &config))
		fail(E_INPUT, "the configuration comes on standard input, of 1 MiB at most",
		     "cannot read the configuration");
	version = find_text(config.bytes, "cniVersion");
	if (!strcmp(command, "VERSION")) {
		printf("{ \"cniVersion\": ");
		print_quoted(version ? version : "1.1.0");
		printf(", \"supportedVersions\": [" VERSIONS "] }\n");
		return 0;
	}
	/* Nothing is kept for an attachment that outlives its interface. */
	if (!strcmp(command, "GC"))
		return 0;
	if (!patience(command))
		fail(E_ENVIRONMENT, "ADD, DEL, CHECK, STATUS, GC and VERSION are", "CNI_COMMAND %s is not known",
		     command);
	agent = find_text(config.bytes, "socket");
	if (agent && strlen(agent) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		agent = NULL;
	if (!agent && strcmp(command, "DEL"))
		fail(E_CONFIG, "postern cni install writes it", "\"socket\" does not name the agent's socket");
	if (!agent)
		return 0;
	snprintf(quoted, sizeof(quoted), "\"%.24s\"", version ? version : "");
	if (!strstr(VERSIONS, quoted) && strcmp(command, "DEL"))
		fail(E_VERSION, "0.3.0 to 1.1.0 are", "cniVersion %s is not supported", quoted);

	request = make_request(command, &config);
	/* What is taken away is never kept, or kept waiting, by us. */
	if (!strcmp(command, "DEL")) {
		ask_once(&request, now_ms() + DEL_MS, &body);
		return 0;
	}
	/* Who started is enforced without an agent, too. CRI-O asks for every pod when it starts again. */
	if (!strcmp(command, "CHECK")) {
		status = ask_once(&request, now_ms() + CHECK_MS, &body);
		if (!status)
			return 0;
	} else {
		status = ask(&request, now_ms() + patience(command), &body);
	}
	if (!status)
		fail(strcmp(command, "STATUS") ? E_LATER : E_UNAVAILABLE, NO_AGENT,
		     "no agent of Postern answers at %s for %d ms: %s", agent, patience(command), strerror(errno));
	if (status != 200 && status != 503)
		fail(E_AGENT, "the agent and this program are of one version, or should be",
		     "the agent at %s answers with HTTP status %d", agent, status);
	fputs(body, stdout);
	return status == 200 && !fflush(stdout) ? 0 : 1;
}
