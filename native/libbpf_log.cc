/* What libbpf prints while a call runs, collected instead of written to the terminal. */
#include "libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Debian's libbpf.a is not position-independent and takes the address of `stderr` in a way that a shared object cannot
 * have. The build renames that one symbol to this one. Nothing is written through it: printing is captured.
 */
extern "C" __attribute__((visibility("hidden"))) FILE *postern_stderr;
FILE *postern_stderr = stderr;

namespace postern {

static thread_local LibbpfLog *current = nullptr;

struct LibbpfPrinter {
  static int print(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (current == nullptr) return 0;
    /* Of the debug output only the verifier's log is of interest; the rest is libbpf telling its own story. */
    if (level == LIBBPF_DEBUG && !(current->verifier_ && strstr(format, "PROG LOAD LOG") != nullptr)) return 0;
    char *line = nullptr;
    int length = vasprintf(&line, format, arguments);
    if (length >= 0) {
      current->text_.append(line, static_cast<size_t>(length));
      free(line);
    }
    return 0;
  }
};

void capture_libbpf_output() {
  libbpf_set_print(LibbpfPrinter::print);
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
}

LibbpfLog::LibbpfLog(bool verifier) : verifier_(verifier) { current = this; }
LibbpfLog::~LibbpfLog() { current = nullptr; }

}  // namespace postern
