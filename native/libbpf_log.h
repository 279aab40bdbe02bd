/* What libbpf prints while a call runs, collected instead of written to the terminal. */
#pragma once

#include <string>

namespace postern {

/* Route libbpf's printing into the innermost live LibbpfLog of its thread; otherwise drop it. Called once at load. */
void capture_libbpf_output();

/* Collects warnings and notices and, with `verifier`, verifier logs of programs that loaded. Not to be nested. */
class LibbpfLog {
 public:
  explicit LibbpfLog(bool verifier = false);
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog &) = delete;
  LibbpfLog &operator=(const LibbpfLog &) = delete;

  const std::string &text() const { return text_; }

 private:
  friend struct LibbpfPrinter;
  bool verifier_;
  std::string text_;
};

}  // namespace postern
